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

  private static let interim = "HTTP/1.1 100 Continue\r\n\r\n"

  /// Two responses, one of which has a field of `length` bytes.
  private static func text(_ length: Int) -> String {
    let field = "X: " + String(repeating: "a", count: length) + "\r\n"
    return Self.interim + "HTTP/1.1 200 OK\r\n\(field)Content-Length: 2\r\n\r\nok"
  }

  /// The processor time in which `text` is read byte by byte, s.
  private func read(_ text: String) throws -> Double {
    var reader = ResponseReader()
    var body: [UInt8] = []
    let begun = processorTime
    for byte in text.utf8 { body += try reader.take([byte]) }
    let end = processorTime
    #expect(reader.head?.status == 200 && reader.isReusable)
    #expect(String(decoding: body, as: UTF8.self) == "ok")
    return end - begun
  }

  @Test("at most 16 interim responses precede a response, however they are cut", arguments: 1...50)
  func interim(piece: Int) throws {
    let end = "HTTP/1.1 204 No Content\r\n\r\n"
    func read(_ count: Int) throws(ResponseReader.Fault) -> ResponseReader {
      var reader = ResponseReader()
      var rest = Array((String(repeating: Self.interim, count: count) + end).utf8)[...]
      while !rest.isEmpty {
        _ = try reader.take(Array(rest.prefix(piece)))
        rest = rest.dropFirst(piece)
      }
      return reader
    }
    #expect(try read(16).head?.status == 204)
    #expect(throws: ResponseReader.Fault.interim) { try read(17) }
  }

  @Test("a head that has begun is noticed until it is whole")
  func within() throws {
    var reader = ResponseReader()
    #expect(!reader.isWithinHead)
    for (text, isWithin) in [("HTTP", true), ("/1.1 100 C\r\n\r\n", false), ("H", true)] {
      _ = try reader.take(Array(text.utf8))
      #expect(reader.isWithinHead == isWithin, "\(text)")
    }
    _ = try reader.take(Array("TTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no".utf8))
    #expect(!reader.isWithinHead && reader.head?.status == 200)
  }

  @Test("a head in single bytes is searched once, and its end is found wherever it is cut")
  func bytes() throws {
    // A head of eight times the length takes about eight times as long; if each byte were searched
    // again and again it would take 64 times as long.
    let short = try (0..<3).map { _ in try read(Self.text(2048)) }.min() ?? 0
    let long = try (0..<3).map { _ in try read(Self.text(16_384)) }.min() ?? 0
    #expect(long < 24 * short, "each byte is searched again and again")
    let text = Self.text(16_384)
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
