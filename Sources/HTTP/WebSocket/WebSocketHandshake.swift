// SPDX-License-Identifier: Apache-2.0

import System

/// The opening handshake: whether a request may become a WebSocket.
///
/// Extensions such as permessage-deflate are refused by naming none in the response.
/// - Source: RFC 6455 §4.2; RFC 8441 §5 for HTTP/2
package enum WebSocketHandshake {
  /// The decision on a request.
  package enum Outcome: Sendable, Equatable {
    /// The fields of the response 101, or 200 over HTTP/2.
    case accepted([HeaderField])
    /// Status, reason and fields of the response.
    case refused(Int, String, [HeaderField])
  }

  /// The only version that this server speaks; RFC 6455 §4.4.
  private static let version = "13"

  /// Checks a request, whose client must offer one of `protocols`, the best first.
  package static func check(_ request: Request, protocols: [String]) -> Outcome {
    guard request.connectProtocol != .webSocket else {
      return checkConnect(request, protocols)
    }
    guard request.version != .http2 else {
      return .refused(400, "over HTTP/2 a WebSocket begins with an extended CONNECT (RFC 8441)", [])
    }
    guard request.method == .get || request.method == .head, request.version == .http11,
      request.framing == .none
    else {
      return .refused(400, "a WebSocket begins with GET over HTTP/1.1", [])
    }
    // RFC 9110 §9.3.2: HEAD has the response of GET, but nothing is upgraded.
    guard request.method == .get, names(request.header("upgrade"), "websocket"),
      names(request.header("connection"), "upgrade")
    else {
      return .refused(426, "this path is a WebSocket", upgrade)
    }
    guard request.header("sec-websocket-version") == version else {
      return .refused(426, wrongVersion, upgrade + [versionField])
    }
    guard let key = request.header("sec-websocket-key"), isKey(key) else {
      return .refused(400, "Sec-WebSocket-Key: expected 16 bytes in Base64", [])
    }
    guard let chosen = choice(request, protocols) else { return unknownProtocol(protocols) }
    return .accepted(
      upgrade + [
        HeaderField("Sec-WebSocket-Accept", accept(key)),
        HeaderField("Sec-WebSocket-Protocol", chosen),
      ])
  }

  /// Checks an extended CONNECT request.
  ///
  /// RFC 8441 §5: `Upgrade`, `Connection` and `Sec-WebSocket-Key` are not used; the other fields
  /// have their meaning.
  private static func checkConnect(_ request: Request, _ protocols: [String]) -> Outcome {
    guard request.framing != .none else {
      return .refused(400, "the HTTP/2 stream of a WebSocket must stay open", [])
    }
    // RFC 6455 §4.2.2 leaves the status open; 426 needs `Upgrade`, which HTTP/2 does not have.
    guard request.header("sec-websocket-version") == version else {
      return .refused(400, wrongVersion, [versionField])
    }
    guard let chosen = choice(request, protocols) else { return unknownProtocol(protocols) }
    return .accepted([HeaderField("Sec-WebSocket-Protocol", chosen)])
  }

  /// The fields of a response that upgrades, or that asks for an upgrade.
  ///
  /// - Source: RFC 9110 §7.8, §15.5.22
  private static let upgrade = [
    HeaderField("Upgrade", "websocket"), HeaderField("Connection", "Upgrade"),
  ]

  private static let versionField = HeaderField("Sec-WebSocket-Version", version)

  private static let wrongVersion = "unknown version of WebSocket (expected \(version))"

  /// The first of `protocols` that the client offers.
  private static func choice(_ request: Request, _ protocols: [String]) -> String? {
    let offered = FieldList.elements(request.header("sec-websocket-protocol"))
    return protocols.first { offered.contains($0) }
  }

  private static func unknownProtocol(_ protocols: [String]) -> Outcome {
    let known = protocols.joined(separator: ", ")
    return .refused(400, "Sec-WebSocket-Protocol: no known protocol (expected \(known))", [])
  }

  /// The value of `Sec-WebSocket-Accept` for a key.
  package static func accept(_ key: String) -> String {
    Base64.encode(Digest.sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
  }

  /// Whether a list contains a token, without regard to case.
  private static func names(_ list: String?, _ token: String) -> Bool {
    FieldList.elements(list).contains { $0.lowercased() == token }
  }

  /// Whether the text is 16 bytes in Base64: 22 characters and `==`.
  private static func isKey(_ key: String) -> Bool {
    key.utf8.count == 24 && Base64.decode(key)?.count == 16
  }
}
