// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing
import Testing

struct RangeRow: Sendable, CustomStringConvertible {
  let value: String?
  let range: ByteRange
  var description: String { value ?? "no field" }

  init(_ value: String?, _ range: ByteRange) {
    self.value = value
    self.range = range
  }
}

private func bytes(_ response: PreparedResponse) -> [UInt8] {
  response.body.flatMap { $0.bytes.array[$0.offset..<$0.offset + $0.count] }
}

@Suite("Ranges, RFC 9110 §14")
struct RangeTests {
  /// Of a body of 10 bytes.
  static let rows = [
    RangeRow(nil, .whole), RangeRow("bytes=0-4", .part(0..<5)), RangeRow("bytes=5-", .part(5..<10)),
    RangeRow("bytes=-3", .part(7..<10)), RangeRow("bytes=-30", .part(0..<10)),
    RangeRow("bytes=9-9", .part(9..<10)), RangeRow("bytes=0-99", .part(0..<10)),
    RangeRow("BYTES=0-0", .part(0..<1)), RangeRow("bytes=10-", .unsatisfiable),
    RangeRow("bytes=10-20", .unsatisfiable), RangeRow("bytes=-0", .unsatisfiable),
    RangeRow("bytes=99999999999999999999-", .unsatisfiable),
    RangeRow("bytes=0-99999999999999999999", .part(0..<10)),
    RangeRow("bytes=5-4", .whole), RangeRow("bytes=0-1,3-4", .whole), RangeRow("bytes=-", .whole),
    RangeRow("bytes=a-b", .whole), RangeRow("bytes=", .whole), RangeRow("items=0-1", .whole),
    RangeRow("bytes=0 - 1", .whole), RangeRow("bytes 0-1", .whole), RangeRow("", .whole),
  ]

  @Test("a field asks for this", arguments: rows)
  func table(_ row: RangeRow) {
    #expect(ByteRange(row.value, length: 10) == row.range)
  }

  @Test("of an empty body nothing can be had")
  func empty() {
    #expect(ByteRange("bytes=0-", length: 0) == .unsatisfiable)
    #expect(ByteRange("bytes=-1", length: 0) == .unsatisfiable)
  }

  private static let whole = PreparedResponse(
    status: 200,
    fields: [HeaderField("ETag", "\"x\""), HeaderField("Cache-Control", "public, max-age=60")],
    body: [SharedBytes([0, 1, 2, 3]), SharedBytes([4, 5]), SharedBytes([6, 7, 8, 9])])

  private func ranged(
    _ method: String = "GET", _ fields: (String, String)...
  ) throws -> PreparedResponse {
    Self.whole.ranged(try Request(method, "/", fields.map { HeaderField($0.0, $0.1) }))
  }

  @Test("every range is a slice of the whole and says which")
  func slices() throws {
    for start in 0..<10 {
      for end in start..<10 {
        let response = try ranged("GET", ("Range", "bytes=\(start)-\(end)"))
        #expect(response.status == 206)
        #expect(bytes(response) == Array(UInt8(start)...UInt8(end)))
        #expect(response.contentLength == end - start + 1)
        #expect(response.header("content-range") == "bytes \(start)-\(end)/10")
      }
    }
  }

  @Test("416 tells the length and may not be stored")
  func unsatisfiable() throws {
    let response = try ranged("GET", ("Range", "bytes=10-"))
    #expect(response.status == 416)
    #expect(response.header("Content-Range") == "bytes */10")
    #expect(response.header("Cache-Control") == "no-store")
    #expect(response.contentLength == 0)
  }

  @Test("HEAD is not cut, §14.2; If-Range needs the same strong ETag, §13.1.5")
  func conditions() throws {
    #expect(try ranged("HEAD", ("Range", "bytes=0-1")).status == 200)
    #expect(try ranged("GET", ("Range", "bytes=0-1"), ("If-Range", "\"x\"")).status == 206)
    #expect(try ranged("GET", ("Range", "bytes=0-1"), ("If-Range", "\"y\"")).status == 200)
    #expect(try ranged("GET", ("Range", "bytes=0-1"), ("If-Range", "W/\"x\"")).status == 200)
  }
}

@Suite("Dates, RFC 9110 §5.6.7")
struct DateTests {
  @Test(
    "seconds since 1970 are written as IMF-fixdate",
    arguments: [
      (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
      (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (-2_208_988_800, "Mon, 01 Jan 1900 00:00:00 GMT"),
      (9_223_372_036, "Fri, 11 Apr 2262 23:47:16 GMT"),
      (Int.max, "Fri, 31 Dec 9999 23:59:59 GMT"), (Int.min, "Wed, 01 Mar 0000 00:00:00 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
      (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
      (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
      (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ] as [(Int, String)])
  func table(_ row: (seconds: Int, text: String)) {
    #expect(HTTPDate.text(row.seconds) == row.text)
  }
}
