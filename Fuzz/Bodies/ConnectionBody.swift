// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing

extension FuzzBody {
  /// An HTTP/1.1 connection from its first byte to its end: every exchange ends once, and the
  /// server forgets the connection.
  static let http1 = FuzzBody(
    name: "http1",
    sources: [
      "HTTP/HTTP1/HTTP1Connection.swift", "HTTP/HTTP1/HTTP1Connection+Body.swift",
      "HTTP/HTTP1/HTTP1Exchange.swift", "HTTP/HTTP1/HTTP1Body.swift",
      "HTTP/Server/HTTPConnection.swift", "HTTP/Body/BodyIntake.swift",
      "HTTP/Message/Conditional.swift",
    ]
  ) { bytes in
    ConnectionLab.shared.run(bytes, preface: []) { written, _ in
      let isHTTP2 = bytes.dropFirst(2).starts(with: "PRI * HTTP/2".utf8)
      return written.isEmpty || isHTTP2 || written.starts(with: "HTTP/1.1 ".utf8)
        ? nil : "no answer of HTTP/1.1"
    }
  }

  /// Frames of an HTTP/2 connection, after its preface; besides, the server sends whole frames.
  static let http2 = FuzzBody(
    name: "http2",
    sources: [
      "HTTP/HTTP2/HTTP2Connection.swift", "HTTP/HTTP2/HTTP2Connection+Body.swift",
      "HTTP/HTTP2/HTTP2Connection+SlowReaders.swift",
      "HTTP/HTTP2/HTTP2Connection+Session.swift", "HTTP/HTTP2/HTTP2Exchange.swift",
      "HTTP/HTTP2/HTTP2RequestHead.swift", "HTTP/HTTP2/HTTP2Session.swift",
      "HTTP/HTTP2/HTTP2Callbacks.swift", "HTTP/Server/GatheredOutput.swift",
      "HTTP/HTTP2/FloodBudget.swift", "HTTP/HTTP2/HTTP2Body.swift",
      "HTTP/Message/HeaderField.swift", "Net/Sockets/SliceQueue.swift",
    ]
  ) { bytes in
    let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]
    return ConnectionLab.shared.run(bytes, preface: preface) { written, hasLost in
      var position = 0
      while position + 9 <= written.count {
        let length = written[position..<position + 3].reduce(0) { $0 << 8 | Int($1) }
        if length > 16_384 { return "a frame of \(length) bytes" }
        position += 9 + length
      }
      return position == written.count || hasLost ? nil : "an incomplete frame at the end"
    }
  }
}
