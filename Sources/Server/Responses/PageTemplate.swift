// SPDX-License-Identifier: Apache-2.0

import Checked
import HTTP
import Sharing
import System

/// A page in which the server replaces texts: as it is, and compressed.
struct PageTemplate: Sendable {
  /// The page as it was built.
  let built: NegotiatedFile
  private let fields: [HeaderField]
  private let tag: String
  /// The texts that may be replaced, in their order in the page.
  private let places: [String]
  /// The bytes before each place, and those after the last one; nil if zlib has no memory.
  private let pieces: [GzipPiece]?

  /// Splits a page at the first occurrence of each text.
  ///
  /// - Parameters:
  ///   - bytes: the page, in UTF-8.
  ///   - places: the texts; those that the page lacks are ignored.
  ///   - fields: the fields of responses.
  ///   - tag: the start of their entity tags.
  init(_ bytes: [UInt8], places: [String], _ fields: [HeaderField], tag: String) {
    self.fields = fields
    self.tag = tag
    built = NegotiatedFile(bytes, fields, tag: tag)
    let found = places.compactMap { text in
      bytes.firstRange(of: Array(text.utf8)).map { (text, $0) }
    }.sorted { $0.1.lowerBound < $1.1.lowerBound }
    self.places = found.map(\.0)
    var pieces: [GzipPiece?] = []
    var start = 0
    for (_, range) in found where range.lowerBound >= start {
      pieces.append(GzipPiece(Array(bytes[start..<range.lowerBound])))
      start = range.upperBound
    }
    pieces.append(GzipPiece(Array(bytes[start...])))
    let whole = pieces.compactMap(\.self)
    self.pieces = whole.count == found.count + 1 ? whole : nil
  }

  /// The page with other texts.
  ///
  /// - Parameter texts: HTML by the text that it replaces; all other texts stay.
  /// - Returns: the page as it is, and compressed.
  func filled(_ texts: [String: String]) -> NegotiatedFile {
    guard let pieces, places.contains(where: { texts[$0] != nil }) else { return built }
    let inserted = places.map { Array((texts[$0] ?? $0).utf8) }
    let digest = RunningDigest()
    var all: [GzipPiece] = []
    for (piece, text) in zip(pieces, inserted) {
      guard let own = GzipPiece(text) else { return built }
      // Each text with its size: no two pages have the same bytes.
      digest.add(Array("\(text.count) ".utf8) + text)
      all += [piece, own]
    }
    all += pieces.suffix(1)
    let name = "\(tag)-\(hexadecimal(digest.bytes().prefix(16)))"
    return NegotiatedFile(
      plain: all.map(\.plain), compressed: GzipPiece.member(of: all), fields, tag: name)
  }
}
