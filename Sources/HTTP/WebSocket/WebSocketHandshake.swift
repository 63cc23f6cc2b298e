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
    guard tokens(request.header("upgrade")).contains("websocket"),
      tokens(request.header("connection")).contains("upgrade")
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
    let offered = (request.header("sec-websocket-protocol") ?? "").split(separator: ",")
      .map { String($0.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }) }
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
    base64(Digest.sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
  }

  /// The tokens of a list, in lower case.
  private static func tokens(_ list: String?) -> [String] {
    (list ?? "").split(separator: ",").map { item in
      String(decoding: trimmed(Array(item.utf8)[...]).map(lowercased), as: UTF8.self)
    }
  }

  /// Whether the text is 16 bytes in Base64: 22 characters and `==`.
  private static func isKey(_ key: String) -> Bool {
    let bytes = Array(key.utf8)
    guard bytes.count == 24, bytes.suffix(2).elementsEqual("==".utf8) else { return false }
    return bytes.prefix(22).allSatisfy { alphabet.contains($0) }
  }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Base64 with padding; RFC 4648 §4.
  private static func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      // bounded: start is below the count
      let group = bytes[start..<min(start + 3, bytes.count)]
      let missing = 3 - group.count
      var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      // bounded: at most two bytes
      bits <<= UInt32(8 * missing)
      for index in 0..<4 {
        // bounded: six bits of 24
        let digit = Int(bits >> UInt32(18 - 6 * index)) & 63
        text.append(index > 3 - missing ? UInt8(ascii: "=") : alphabet[digit])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
