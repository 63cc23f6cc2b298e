// SPDX-License-Identifier: Apache-2.0

internal import Media

/// The texts of a page of teletext at their places, in their colours: pure.
///
/// libavcodec gives the rows of a page without colours, and coloured lines without their rows.
/// - Source: ETSI EN 300 706 §12 (rows, spacing attributes), §4 (40 columns and 25 rows)
struct TeletextPage: Sendable, Equatable {
  /// Lines in neighbouring rows, or every second row, as letters of double height have.
  struct Block: Sendable, Equatable {
    /// The lines, with marks of ``TextColour``.
    let text: String
    /// Nil for the usual place.
    let place: MetadataPacket.TextPlace?
  }

  /// A row with text.
  private struct Row {
    let number: Int
    /// The columns from the first to the last character.
    let columns: Range<Int>
    let characters: [Unicode.Scalar]
    var colours: [TextColour?] = []
  }

  /// The most places of a page; a page with more is one text at the usual place.
  private static let maximumBlocks = 4
  /// The largest distance of the rows of neighbouring lines.
  private static let step = 2
  private static let (rows, columns) = (25, 40)
  /// The largest distance of centred lines from the middle, in columns.
  private static let tolerance = 2
  /// The page is in the safe area: 80 % of the height of the picture, in percent.
  private static let (top, height) = (10, 80)

  /// From top to bottom.
  let blocks: [Block]

  /// The texts of a page.
  ///
  /// - Parameters:
  ///   - layout: its rows from the second one on.
  ///   - coloured: its lines with marks, which may lack empty rows and the space around texts.
  init(layout: String, coloured: String) {
    var found = Self.read(layout)
    Self.colour(&found, coloured)
    var groups: [[Row]] = []
    for row in found {
      if let last = groups.last?.last, row.number - last.number <= Self.step {
        groups[groups.count - 1].append(row)
      } else {
        groups.append([row])
      }
    }
    guard groups.count <= Self.maximumBlocks else {
      blocks = [Block(text: Self.text(found), place: nil)]
      return
    }
    blocks = groups.map { rows in
      Block(text: Self.text(rows), place: Self.place(of: rows))
    }
  }

  private static func read(_ layout: String) -> [Row] {
    let lines = layout.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.prefix(rows - 1).enumerated().compactMap { index, line in
      let cells = Array(line)
      guard let first = cells.firstIndex(where: { !$0.properties.isWhitespace }),
        let last = cells.lastIndex(where: { !$0.properties.isWhitespace })
      else { return nil }
      // bounded: indices of a line of a page
      return Row(
        number: index + 1, columns: first..<last + 1, characters: Array(cells[first...last]))
    }
  }

  /// Gives the characters of rows their colours; rows whose characters differ have none.
  private static func colour(_ rows: inout [Row], _ coloured: String) {
    var colour: TextColour?
    var lines: [[(character: Unicode.Scalar, colour: TextColour?)]] = [[]]
    for character in coloured.unicodeScalars {
      if character == "\n" {
        lines.append([])
      } else if TextColour.isMark(character) {
        colour = TextColour.colour(after: character)
      } else if !character.properties.isWhitespace {
        lines[lines.count - 1].append((character, colour))
      }
    }
    lines.removeAll(where: \.isEmpty)
    guard lines.count == rows.count else { return }
    for (index, line) in lines.enumerated() {
      let characters = rows[index].characters.filter { !$0.properties.isWhitespace }
      guard characters == line.map(\.character) else { continue }
      rows[index].colours = line.map(\.colour)
    }
  }

  /// The lines with marks; each begins with the usual colour.
  private static func text(_ rows: [Row]) -> String {
    var text = String.UnicodeScalarView()
    for (index, row) in rows.enumerated() {
      if index > 0 { text.append("\n") }
      var colours = row.colours[...]
      var shown: TextColour?
      for character in row.characters {
        if !character.properties.isWhitespace, let colour = colours.popFirst(), colour != shown {
          text.append(colour?.mark ?? TextColour.usualMark)
          shown = colour
        }
        text.append(character)
      }
    }
    return String(text)
  }

  private static func place(of group: [Row]) -> MetadataPacket.TextPlace? {
    guard let first = group.first else { return nil }
    // bounded: a number of a row
    let line = top + (height * first.number + rows / 2) / rows
    let isCentred = group.allSatisfy {
      // bounded: columns of a page
      abs($0.columns.lowerBound + $0.columns.upperBound - columns) <= 2 * tolerance
    }
    let isLeft = group.allSatisfy { $0.columns.lowerBound == first.columns.lowerBound }
    let isRight = group.allSatisfy { $0.columns.upperBound == first.columns.upperBound }
    let isInLeftHalf = first.columns.lowerBound + first.columns.upperBound < columns
    let side: MetadataPacket.TextPlace.Side =
      switch (isCentred, isLeft, isRight) {
      case (true, _, _), (_, false, false): .middle
      case (_, true, true): isInLeftHalf ? .left : .right
      case (_, true, _): .left
      case (_, _, true): .right
      }
    return MetadataPacket.TextPlace(line: line, side: side)
  }
}

/// The decoders of a page of teletext.
///
/// Confined to one thread.
final class TeletextDecoder {
  private let layout, coloured: SubtitleDecoder

  /// Opens decoders of libavcodec for a page, such as 888.
  init(page: Int) throws(FFmpegError) {
    layout = try SubtitleDecoder(teletext: page, .rows)
    coloured = try SubtitleDecoder(teletext: page, .colours)
  }

  /// The texts of a page that a packet completes.
  ///
  /// They are empty if the page has none, and nil if the packet changes nothing, or is damaged.
  func decode(_ bytes: [UInt8]) -> [TeletextPage.Block]? {
    let rows = layout.decode(bytes, milliseconds: 0)
    let lines = coloured.decode(bytes, milliseconds: 0, reading: StyledText.marked)
    guard let rows else { return nil }
    let page = TeletextPage(
      layout: rows.joined(separator: "\n"), coloured: (lines ?? []).joined(separator: "\n"))
    return page.blocks
  }
}
