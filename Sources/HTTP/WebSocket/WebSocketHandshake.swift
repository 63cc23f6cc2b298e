// SPDX-License-Identifier: Apache-2.0

import Net

/// The opening handshake: whether a request may become a WebSocket.
///
/// Extensions such as permessage-deflate are refused by naming none in the response.
/// - Source: RFC 6455 §4.2
package enum WebSocketHandshake {
  /// The decision on a request.
  package enum Outcome: Sendable, Equatable {
    /// The fields of the response 101.
    case accepted([HeaderField])
    /// Status, reason and fields of the response.
    case refused(Int, String, [HeaderField])
  }

  /// The only version that this server speaks; RFC 6455 §4.4.
  private static let version = "13"

  /// Checks a request, whose client must offer one of `protocols`, the best first.
  package static func check(_ request: Request, protocols: [String]) -> Outcome {
    guard request.method == .get, request.minorVersion > 0, request.framing == .none else {
      return .refused(400, "a WebSocket begins with GET over HTTP/1.1", [])
    }
    guard names(request.header("upgrade"), "websocket"),
      names(request.header("connection"), "upgrade")
    else {
      return .refused(
        426, "this path is a WebSocket",
        [HeaderField("Upgrade", "websocket"), HeaderField("Connection", "Upgrade")])
    }
    guard request.header("sec-websocket-version") == version else {
      return .refused(
        426, "unknown version of WebSocket (expected \(version))",
        [HeaderField("Sec-WebSocket-Version", version)])
    }
    guard let key = request.header("sec-websocket-key"), isKey(key) else {
      return .refused(400, "Sec-WebSocket-Key: expected 16 bytes in Base64", [])
    }
    let offered = FieldList.elements(request.header("sec-websocket-protocol"))
    guard let chosen = protocols.first(where: { offered.contains($0) }) else {
      let known = protocols.joined(separator: ", ")
      return .refused(400, "Sec-WebSocket-Protocol: no known protocol (expected \(known))", [])
    }
    return .accepted([
      HeaderField("Upgrade", "websocket"), HeaderField("Connection", "Upgrade"),
      HeaderField("Sec-WebSocket-Accept", accept(key)),
      HeaderField("Sec-WebSocket-Protocol", chosen),
    ])
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
