// SPDX-License-Identifier: Apache-2.0

@testable import HTTP

extension FuzzBody {
  /// Frames of WebSocket clients: events and refusal do not depend on how the bytes are cut, and
  /// each message is within its limit.
  static let sockets = FuzzBody(
    name: "sockets",
    sources: ["HTTP/WebSocket/WebSocketDecoder.swift", "HTTP/WebSocket/WebSocketFrame.swift"]
  ) { bytes in
    let whole = DecodedFrames(bytes, piece: bytes.count)
    for piece in [1, 2, 5] {
      let cut = DecodedFrames(bytes, piece: piece)
      if cut != whole { return "in pieces of \(piece) \(cut), whole \(whole)" }
    }
    for event in whole.events {
      switch event {
      case .text(let text): if text.utf8.count > DecodedFrames.limit { return "text too large" }
      case .binary(let payload):
        if payload.count > DecodedFrames.limit { return "message too large" }
      case .ping(let payload): if payload.count > 125 { return "control frame too large" }
      case .close(let code):
        let answer = WebSocketCloseCode(answering: code).number
        if answer != code ?? 1000 || !(1000...4999).contains(answer) { return "code \(answer)" }
      case .pong, .fragment: break
      }
    }
    return nil
  }
}

/// The result of a decoder for bytes in pieces.
private struct DecodedFrames: Equatable {
  static let limit = 300
  var events: [WebSocketEvent] = []
  var violation: WebSocketViolation?

  init(_ bytes: [UInt8], piece: Int) {
    var decoder = WebSocketDecoder(limit: Self.limit)
    var start = 0
    do throws(WebSocketViolation) {
      while start < bytes.count {
        let part = Array(bytes[start...].prefix(piece))
        var position = 0
        while let event = try decoder.next(part.span, &position) { events.append(event) }
        start += part.count
      }
    } catch {
      violation = error
    }
  }
}
