// SPDX-License-Identifier: Apache-2.0

/// The names of media on the wire: `segmentN.m4s`, `segmentN.K.m4s`, `init-<hash>.mp4`.
package struct MediaNames: Sendable, Equatable {
  /// How segments are numbered on the wire.
  package enum Numbering: String, Sendable, CaseIterable {
    /// The segment number itself, counted from 1970: continues over a restart.
    case epoch
    /// From 1 in each run, five digits, for scripts that expect that.
    case run
  }

  /// How segments are numbered on the wire.
  package let numbering: Numbering
  /// Number on the wire = number since 1970 − `base`.
  package let base: Int64

  /// Names for `numbering`, of which `first` is the first segment of this run.
  package init(_ numbering: Numbering, first: Int64) {
    self.numbering = numbering
    self.base = numbering == .run ? first - 1 : 0
  }

  /// The Media Sequence Number as playlists print it, which is always the number in the name.
  package func printed(_ segment: Int64) -> Int64 { segment - base }

  /// The segment since 1970 that is printed as `number`; nil where no stream has it.
  package func segment(printed number: UInt64) -> Int64? {
    // Beyond any real number, and small enough to be multiplied by the frames of a segment.
    guard number <= 100_000_000_000_000 else { return nil }
    return Int64(number) + base
  }

  /// `segment1795155720.m4s`, or `segment00001.m4s` in a numbered run.
  package func name(ofSegment segment: Int64) -> String { stem(segment) + ".m4s" }

  /// `segment1795155720.0.m4s`.
  package func name(ofPart part: Int64, in segment: Int64) -> String {
    "\(stem(segment)).\(part).m4s"
  }

  /// `init-a1b2c3d4.mp4`.
  package func name(ofHeader hash: String) -> String { "init-\(hash).mp4" }

  /// What a name means; nil for every name that is not exactly as this type writes it.
  ///
  /// Read byte by byte, since it stands on the way of every request for media.
  package func media(named name: Substring) -> MediaName? {
    let text = name.utf8
    let bytes = text.span
    let (start, end) = (Self.prefix.count, bytes.count - Self.suffix.count)
    guard end > start, Self.isAt(0, Self.prefix, bytes), Self.isAt(end, Self.suffix, bytes) else {
      return nil
    }
    var place = start
    guard let number = Self.number(bytes, &place, end), let segment = segment(printed: number),
      place - start == width(of: number)
    else { return nil }
    if place == end { return .segment(segment) }
    guard bytes[place] == UInt8(ascii: ".") else { return nil }
    place += 1
    let index = place
    guard let part = Self.number(bytes, &place, end), place == end,
      place - index == Self.digitCount(part)
    else { return nil }
    return .part(Int64(part), of: segment)
  }

  private static let prefix = Array("segment".utf8)
  private static let suffix = Array(".m4s".utf8)

  private static func isAt(
    _ place: Int, _ text: [UInt8], _ bytes: borrowing Span<UInt8>
  ) -> Bool {
    for offset in 0..<text.count where bytes[place + offset] != text[offset] { return false }
    return true
  }

  /// How many digits stand in the name of the segment printed as `number`.
  private func width(of number: UInt64) -> Int {
    max(numbering == .run ? 5 : 1, Self.digitCount(number))
  }

  /// The number that 1 to 18 digits write from `place` on; moves `place` behind them.
  private static func number(
    _ bytes: borrowing Span<UInt8>, _ place: inout Int, _ end: Int
  ) -> UInt64? {
    let start = place
    var value: UInt64 = 0
    while place < end, case let digit = bytes[place], digit >= 0x30, digit <= 0x39 {
      guard place - start < 18 else { return nil }
      value = value * 10 + UInt64(digit - 0x30)
      place += 1
    }
    return place > start ? value : nil
  }

  private static func digitCount(_ number: UInt64) -> Int {
    var (count, rest) = (1, number / 10)
    while rest > 0 { (count, rest) = (count + 1, rest / 10) }
    return count
  }

  private func stem(_ segment: Int64) -> String {
    let digits = String(printed(segment))
    guard numbering == .run, digits.utf8.count < 5 else { return "segment" + digits }
    return "segment" + String(repeating: "0", count: 5 - digits.utf8.count) + digits
  }
}

/// What a media URL names.
///
/// Segment numbers count from 1970.
package enum MediaName: Sendable, Equatable {
  /// A whole segment.
  case segment(Int64)
  /// A part of a segment.
  case part(Int64, of: Int64)
}
