// SPDX-License-Identifier: Apache-2.0

/// The coding of a track's samples: the one entry of `stsd`.
///
/// - Source: ISO/IEC 14496-12 §8.5.2, §12.1.3, §12.2.3; ISO/IEC 14496-15 §5.3.3; ISO/IEC 14496-1
///   §7.2.6
struct SampleEntry {
  /// The codecs string; RFC 6381 §3.3, §3.4.
  let codecs: String

  /// Parses the content of `stsd`, which must have one entry.
  init(_ bytes: [UInt8], _ content: Range<Int>) throws(TrackHeaderError) {
    guard content.count >= 8 else { throw .truncated("stsd", needed: 8, have: content.count) }
    let count = bytes.unsigned32(at: content.lowerBound + 4)
    guard count == 1 else {
      throw .mismatch("stsd.entry_count", found: "\(count)", expected: "1")
    }
    var entries = BoxReader(bytes, content.dropFirst(8))
    guard let entry = try entries.next() else { throw .missing("sample entry") }
    if try entries.next() != nil { throw .several("sample entry") }
    switch entry.type {
    case "avc1", "avc3":
      codecs = entry.type + "." + (try Self.profile(bytes, Self.boxes(bytes, entry, behind: 78)))
    case "mp4a":
      codecs = "mp4a." + (try Self.audioObject(bytes, Self.boxes(bytes, entry, behind: 28)))
    default:
      throw .mismatch("sample entry", found: entry.type, expected: "avc1, avc3 or mp4a")
    }
  }

  /// The boxes after the fixed fields of an entry.
  private static func boxes(
    _ bytes: [UInt8], _ entry: BoxReader.Box, behind size: Int
  ) throws(TrackHeaderError) -> BoxReader {
    guard entry.content.count >= size else {
      throw .truncated(entry.type, needed: size, have: entry.content.count)
    }
    return BoxReader(bytes, entry.content.dropFirst(size))
  }

  /// Profile, constraints and level of `avcC`.
  ///
  /// Its parameter sets must be complete, and its NAL unit lengths must have four bytes, as in
  /// chunks.
  private static func profile(
    _ bytes: [UInt8], _ boxes: BoxReader
  ) throws(TrackHeaderError) -> String {
    var boxes = boxes
    var rest = FieldReader(bytes, try boxes.only("avcC"), "avcC")
    let fixed = try rest.take(6)
    guard bytes[fixed.lowerBound] == 1 else {
      throw .mismatch("avcC.version", found: "\(bytes[fixed.lowerBound])", expected: "1")
    }
    // bounded: `fixed` has six bytes
    let lengthSize = bytes[fixed.lowerBound + 4] & 3 + 1
    guard lengthSize == 4 else {
      throw .mismatch("avcC.lengthSize", found: "\(lengthSize)", expected: "4")
    }
    // bounded: `fixed` has six bytes, and `take` checks
    try rest.skipSets(bytes[fixed.lowerBound + 5] & 31, "avcC SPS")
    try rest.skipSets(bytes[try rest.take(1).lowerBound], "avcC PPS")
    // bounded: `fixed` has six bytes
    return bytes[fixed.lowerBound + 1..<fixed.lowerBound + 4].map { octet in
      let digits = String(octet, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  /// Object type and audio object type of `esds`, such as `40.2`.
  private static func audioObject(
    _ bytes: [UInt8], _ boxes: BoxReader
  ) throws(TrackHeaderError) -> String {
    var boxes = boxes
    var rest = FieldReader(bytes, try boxes.only("esds"), "esds")
    _ = try rest.take(4)
    var element = try rest.descriptor(3)
    // bounded: `take` checks
    let flags = bytes[try element.take(3).lowerBound + 2]
    if flags & 0x80 != 0 { _ = try element.take(2) }
    if flags & 0x40 != 0 {
      // bounded: `take` checks
      let size = Int(bytes[try element.take(1).lowerBound])
      _ = try element.take(size)
    }
    if flags & 0x20 != 0 { _ = try element.take(2) }
    var decoder = try element.descriptor(4)
    // bounded: `take` checks
    let objectType = bytes[try decoder.take(13).lowerBound]
    guard objectType == 0x40 else { return String(objectType, radix: 16) }
    var configuration = try decoder.descriptor(5)
    let start = try configuration.take(2).lowerBound
    let short = bytes[start] >> 3
    // ISO/IEC 14496-3 §1.6.2.1: 31 is an escape; six bits follow.
    // bounded: `take` has checked two bytes; 3 bits times 8
    let type = short < 31 ? short : 32 + (bytes[start] & 7) << 3 + bytes[start + 1] >> 5
    return "40.\(type)"
  }
}

/// Reads consecutive fields, never beyond the end of their box.
private struct FieldReader {
  private let bytes: [UInt8]
  private var rest: Range<Int>
  private let name: String

  init(_ bytes: [UInt8], _ range: Range<Int>, _ name: String) {
    (self.bytes, rest, self.name) = (bytes, range, name)
  }

  mutating func take(_ count: Int) throws(TrackHeaderError) -> Range<Int> {
    guard count <= rest.count else { throw .truncated(name, needed: count, have: rest.count) }
    let taken = rest.lowerBound..<rest.lowerBound + count
    rest = taken.upperBound..<rest.upperBound
    return taken
  }

  /// Skips `count` parameter sets, each after its length; at least one, none of them empty.
  mutating func skipSets(_ count: UInt8, _ name: String) throws(TrackHeaderError) {
    guard count > 0 else { throw .missing(name) }
    for _ in 0..<count {
      let size = bytes.unsigned16(at: try take(2).lowerBound)
      guard size > 0 else { throw .missing(name) }
      _ = try take(size)
    }
  }

  /// The content of the next descriptor, which must have this tag.
  ///
  /// Its size is in groups of seven bits, at most four of them (ISO/IEC 14496-1 §8.3.3).
  mutating func descriptor(_ tag: UInt8) throws(TrackHeaderError) -> FieldReader {
    // bounded: `take` checks
    let found = bytes[try take(1).lowerBound]
    guard found == tag else {
      throw .mismatch("\(name) descriptor", found: "\(found)", expected: "\(tag)")
    }
    var size = 0
    for _ in 0..<4 {
      // bounded: `take` checks
      let octet = bytes[try take(1).lowerBound]
      size = size << 7 | Int(octet & 0x7F)
      if octet & 0x80 == 0 { return FieldReader(bytes, try take(size), name) }
    }
    throw .tooLarge("\(name) descriptor")
  }
}
