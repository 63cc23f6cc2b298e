// SPDX-License-Identifier: Apache-2.0

import HTTP
import TestSupport
import Testing

/// A body in chunked coding, and its data; no later byte belongs to it.
struct ChunkedRow: Sendable, CustomStringConvertible {
  let description: String
  let coded: String
  let data: String
  let error: ChunkedCodingError?
  let isWhole: Bool

  /// One that is understood, up to its end.
  init(_ description: String, _ coded: String, gives data: String, isWhole: Bool = true) {
    (self.description, self.coded, self.data) = (description, coded, data)
    (error, self.isWhole) = (nil, isWhole)
  }

  /// One that is refused, after `data`.
  init(
    _ description: String, _ coded: String, gives data: String = "", _ error: ChunkedCodingError
  ) {
    (self.description, self.coded, self.data) = (description, coded, data)
    (self.error, isWhole) = (error, false)
  }
}

private let rows: [ChunkedRow] = [
  ChunkedRow("RFC 9112 §7.1: chunks", "4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", gives: "Wikipedia"),
  ChunkedRow("an empty body", "0\r\n\r\n", gives: ""),
  ChunkedRow(
    "capital and small digits", "A\r\n0123456789\r\na\r\n0123456789\r\n00\r\n\r\n",
    gives: "01234567890123456789"),
  ChunkedRow("leading zeros", "0004\r\nWiki\r\n000\r\n\r\n", gives: "Wiki"),
  ChunkedRow("line ends within data are data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", gives: "\r\n\r\n"),
  ChunkedRow("no end yet", "4\r\nWi", gives: "Wi", isWhole: false),
  ChunkedRow("no last empty line yet", "4\r\nWiki\r\n0\r\n", gives: "Wiki", isWhole: false),
  ChunkedRow("§7.1: no size", "\r\n\r\n", .badSize),
  ChunkedRow("§7.1: 0x4", "0x4\r\nWiki\r\n", .badSize),
  ChunkedRow("§7.1: +4", "+4\r\nWiki\r\n", .badSize),
  ChunkedRow("§7.1: -1", "-1\r\nWiki\r\n", .badSize),
  ChunkedRow("§7.1: 4g", "4g\r\nWiki\r\n", .badSize),
  ChunkedRow("§7.1: a space before the size", " 4\r\nWiki\r\n", .badSize),
  ChunkedRow("§7.1: a space after the size", "4 \r\nWiki\r\n", .badSize),
  ChunkedRow("§7.1: 2^64 is not 0", "10000000000000000\r\n\r\n", .sizeTooLarge),
  ChunkedRow("§7.1: 2^64 + 4 is not 4", "10000000000000004\r\nWiki\r\n", .sizeTooLarge),
  ChunkedRow("§7.1: 2^63", "8000000000000000\r\n", .sizeTooLarge),
  ChunkedRow("a large size is no error", "7fffffffffffff\r\nWi", gives: "Wi", isWhole: false),
  ChunkedRow("§7.1: bare LF after the size", "4\nWiki\r\n", .badLineEnding),
  ChunkedRow("§7.1: bare CR after the size", "4\rWiki\r\n", .badLineEnding),
  ChunkedRow("§7.1: data longer than told", "4\r\nWikip\r\n", gives: "Wiki", .badLineEnding),
  ChunkedRow("§7.1: data ended by bare LF", "4\r\nWiki\n", gives: "Wiki", .badLineEnding),
  ChunkedRow("§7.1: data ended by CR alone", "4\r\nWiki\r0", gives: "Wiki", .badLineEnding),
  ChunkedRow("§7.1: the end by bare LF", "0\n\n", .badLineEnding),
  ChunkedRow("§7.1: the last line by bare LF", "0\r\n\n", .badTrailer),
  ChunkedRow(
    "§7.1.1: extensions are ignored", "4;a;b=c;d=\"e;\\\"f\"\r\nWiki\r\n0;x\r\n\r\n",
    gives: "Wiki"),
  ChunkedRow("§7.1.1: spaces before the semicolon", "4 \t;a\r\nWiki\r\n0\r\n\r\n", gives: "Wiki"),
  ChunkedRow("§7.1.1: bare LF in an extension", "4;a\nWiki\r\n", .badLineEnding),
  ChunkedRow("§7.1.1: bare CR in an extension", "4;a\rb\r\nWiki\r\n", .badLineEnding),
  ChunkedRow("§7.1.1: NUL in an extension", "4;\0\r\nWiki\r\n", .badLineEnding),
  ChunkedRow(
    "§7.1.1: a long extension", "4;\(String(repeating: "a", count: 1100))\r\n",
    .extensionTooLong(limit: 1024)),
  ChunkedRow(
    "§7.1.1: extensions without end",
    String(repeating: "1;\(String(repeating: "a", count: 900))\r\nx\r\n", count: 20),
    gives: String(repeating: "x", count: 18), .extensionTooLong(limit: 16_384)),
  ChunkedRow(
    "tiny chunks are no waste",
    String(repeating: "1\r\nx\r\n", count: 5000) + "0\r\n\r\n",
    gives: String(repeating: "x", count: 5000)),
  ChunkedRow(
    "leading zeros without end", String(repeating: "0", count: 1100),
    .extensionTooLong(limit: 1024)),
  ChunkedRow("§7.1.2: trailers are ignored", "0\r\nA: b\r\nC:\r\n\r\n", gives: ""),
  ChunkedRow("§7.1.2: a trailer without colon", "0\r\nA\r\n\r\n", .badTrailer),
  ChunkedRow("§7.1.2: a trailer without name", "0\r\n: a\r\n\r\n", .badTrailer),
  ChunkedRow("§7.1.2: space before the colon", "0\r\nA : b\r\n\r\n", .badTrailer),
  ChunkedRow("§7.1.2: obs-fold", "0\r\nA: b\r\n c\r\n\r\n", .badTrailer),
  ChunkedRow("§7.1.2: bare LF in a trailer", "0\r\nA: b\n\r\n", .badTrailer),
  ChunkedRow("§7.1.2: bare CR in a trailer", "0\r\nA: b\rc\r\n\r\n", .badLineEnding),
  ChunkedRow(
    "§7.1.2: trailers without end", "0\r\n" + String(repeating: "A: b\r\n", count: 3000),
    .trailersTooLarge(limit: 16_384)),
]

/// The result of the decoder for bytes in pieces; `rest` counts the bytes after the end.
private func decode(
  _ text: String, cuts: [Int] = []
) -> (data: String, error: ChunkedCodingError?, rest: Int?) {
  let bytes = Array(text.utf8)
  var decoder = ChunkedDecoder()
  var data: [UInt8] = []
  var start = 0
  do throws(ChunkedCodingError) {
    for end in cuts + [bytes.count] {
      let piece = Array(bytes[start..<end])
      var position = 0
      while position < piece.count {
        switch try decoder.next(piece.span, &position) {
        case .data(let range): data += piece[range]
        case .end:
          return (String(decoding: data, as: UTF8.self), nil, bytes.count - start - position)
        case .more: break
        }
      }
      start = end
    }
    return (String(decoding: data, as: UTF8.self), nil, nil)
  } catch {
    return (String(decoding: data, as: UTF8.self), error, nil)
  }
}

@Suite("Chunked transfer coding, RFC 9112 §7.1")
struct ChunkedDecoderTests {
  @Test("a body is taken or refused as the specification says", arguments: rows)
  func table(_ row: ChunkedRow) {
    let result = decode(row.coded)
    #expect(result.error == row.error)
    #expect(result.data == row.data)
    #expect(result.rest == (row.isWhole ? 0 : nil))
  }

  @Test(
    "splitting the input anywhere decodes the same, and what follows is not taken", arguments: rows)
  func splitting(_ row: ChunkedRow) {
    let text = row.isWhole ? row.coded + "GET / HTTP/1.1\r\n" : row.coded
    let count = text.utf8.count
    let whole = decode(text)
    #expect(whole.rest == (row.isWhole ? 16 : nil))
    for cuts in (0...min(count, 200)).map({ [$0] }) + [Array(0..<count)] {
      let result = decode(text, cuts: cuts)
      #expect(result.error == whole.error && result.data == whole.data && result.rest == whole.rest)
    }
  }

  @Test("random bytes are refused or wanted more of, never a trap", arguments: UInt64(0)..<200)
  func noise(_ seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let alphabet = Array("0123456789abcdef;:= \t\r\n\r\n\r\n\"A".utf8)
    let bytes = (0..<200).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] }
    let text = "2\r\nab\r\n" + String(decoding: bytes, as: UTF8.self)
    let whole = decode(text)
    let cut = decode(text, cuts: [Int(generator.next() % 200)])
    #expect(whole.error == cut.error && whole.data == cut.data && whole.rest == cut.rest)
  }
}
