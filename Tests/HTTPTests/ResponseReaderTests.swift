// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTP
import Testing

@Suite("Responses of other servers, in pieces")
struct ResponseReaderTests {
  /// The processor time of this thread, s.
  private var processorTime: Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  @Test("a head in single bytes is searched once, and its end is found wherever it is cut")
  func bytes() throws {
    let field = "X: " + String(repeating: "a", count: 16_384) + "\r\n"
    let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\(field)Content-Length: 2\r\n\r\nok"
    var reader = ResponseReader()
    var body: [UInt8] = []
    let begun = processorTime
    for byte in text.utf8 { body += try reader.take([byte]) }
    #expect(processorTime - begun < 2, "each byte is searched again and again")
    #expect(reader.head?.status == 200 && reader.isReusable)
    #expect(String(decoding: body, as: UTF8.self) == "ok")
    for piece in 1...40 {
      var cut = ResponseReader()
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        _ = try cut.take(Array(rest.prefix(piece)))
        rest = rest.dropFirst(piece)
      }
      #expect(cut.isReusable, "pieces of \(piece)")
    }
  }
}
