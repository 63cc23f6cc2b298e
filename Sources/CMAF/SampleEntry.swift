// SPDX-License-Identifier: Apache-2.0

package import Media

/// The coding of a track's samples: an entry of `stsd`.
///
/// - Source: ISO/IEC 14496-12 §8.5.2, §12.1.3, §12.1.5, §12.2.3; ISO/IEC 14496-15 §5.3.3, §8.3.3;
///   ISO/IEC 14496-1 §7.2.6; ISO/IEC 14496-14 §6.7
package struct SampleEntry: Sendable, Equatable {
  /// The four-character type, such as `avc1`; of an encrypted entry that of the clear one, and of
  /// an entry with Dolby Vision that of its codec.
  package private(set) var type: String
  /// The KID in `tenc` of an encrypted entry; nil if the entry is clear.
  package private(set) var protection: [UInt8]?
  /// The content of `avcC`, `hvcC`, `av1C`, `vpcC`, `dOps` or `dfLa`, or an
  /// AudioSpecificConfig; empty for other entries.
  package private(set) var setup: [UInt8] = []
  /// The object type in `esds`; nil if the entry is not `mp4a`.
  package private(set) var objectType: Int?
  /// The number of audio channels, and their samples per second; 0 for video.
  package private(set) var channels = 0, sampleRate = 0
  /// The width and height in pixels; 0 for audio.
  package private(set) var width = 0, height = 0
  /// The colours in `colr` of the type `nclx`, or in `vpcC`; nil if the entry has none.
  package private(set) var colour: ColourDescription?
  /// The Dolby Vision in `dvcC`, `dvvC` or `dvwC`; nil if the entry has none.
  package private(set) var dolbyVision: DolbyVision?

  /// The object types of MPEG-4 and MPEG-2 AAC.
  package static let aacTypes: Set = [0x40, 0x66, 0x67, 0x68]

  /// Reads an entry; of types that are not listed, nothing else.
  ///
  /// - Throws: ``BoxError`` if the entry is malformed, or lacks its setup.
  init(_ entry: BoxFields) throws(BoxError) {
    (type, protection) = try Self.original(entry)
    let codecEntry = DolbyVision.codecEntry(of: type)
    switch codecEntry ?? type {
    case "avc1", "avc3": setup = try takeVideo(entry).only("avcC").rest
    case "hvc1", "hev1": setup = try takeVideo(entry).only("hvcC").rest
    case "vp09":
      setup = (try? takeVideo(entry).only("vpcC").rest) ?? []
      if colour == nil { colour = Self.colour(vpcC: setup) }
    case "av01": setup = (try? takeVideo(entry).only("av1C").rest) ?? []
    case "mp4a": try takeStream(try takeAudio(entry).only("esds"))
    case "Opus": setup = try takeAudio(entry).only("dOps").rest
    case "fLaC": setup = try takeAudio(entry).only("dfLa").rest
    case "ac-3", "ec-3": _ = try takeAudio(entry)
    default: break
    }
    if let codecEntry, dolbyVision != nil { type = codecEntry }
  }

  /// The type and the KID of an entry, encrypted or not.
  ///
  /// - Source: ISO/IEC 14496-12 §8.12; ISO/IEC 23001-7 §8.2
  private static func original(_ entry: BoxFields) throws(BoxError) -> (String, [UInt8]?) {
    guard entry.type == "encv" || entry.type == "enca" else { return (entry.type, nil) }
    var fields = entry
    try fields.skip(entry.type == "encv" ? 78 : 28)
    let scheme = try fields.only("sinf")
    let code = try scheme.only("frma").rest
    guard code.count == 4 else { throw .truncated("frma", needed: 4, have: code.count) }
    var track = try scheme.only("schi").only("tenc")
    try track.skip(8)
    return (code.fourCharacters(at: 0), try track.fields(16).rest)
  }

  /// Reads the fixed fields of video, its colours, and its Dolby Vision.
  ///
  /// - Returns: the entry before its boxes.
  private mutating func takeVideo(_ entry: BoxFields) throws(BoxError) -> BoxFields {
    var fields = entry
    try fields.skip(24)
    width = try fields.integer(2)
    height = try fields.integer(2)
    try fields.skip(50)
    if let box = try? fields.first("colr") { colour = Self.colour(box) }
    for type in DolbyVision.boxTypes where dolbyVision == nil {
      dolbyVision = (try? fields.first(type)).flatMap { DolbyVision(record: $0.rest) }
    }
    return fields
  }

  /// The colours of a `colr`; nil if it has another type, or is cut off.
  private static func colour(_ box: BoxFields) -> ColourDescription? {
    var fields = box
    guard (try? fields.integer(4)) == 0x6E63_6C78, let primaries = try? fields.integer(2),
      let transfer = try? fields.integer(2), let matrix = try? fields.integer(2),
      let range = try? fields.integer(1)
    else { return nil }
    return ColourDescription(
      primaries: UInt8(clamping: primaries), transfer: UInt8(clamping: transfer),
      matrix: UInt8(clamping: matrix), isFullRange: range & 0x80 != 0)
  }

  /// The colours of a `vpcC`; nil if it states none, or is cut off.
  /// - Source: VP Codec ISO Media File Format Binding v1.0, VP Codec Configuration Box
  private static func colour(vpcC setup: [UInt8]) -> ColourDescription? {
    guard setup.count >= 10 else { return nil }
    let colour = ColourDescription(
      primaries: setup[7], transfer: setup[8], matrix: setup[9], isFullRange: setup[6] & 1 != 0)
    return colour.statesCodePoint ? colour : nil
  }

  /// Reads the fixed fields of audio.
  ///
  /// - Returns: the entry before its boxes.
  private mutating func takeAudio(_ entry: BoxFields) throws(BoxError) -> BoxFields {
    var fields = entry
    try fields.skip(16)
    channels = try fields.integer(2)
    try fields.skip(6)
    sampleRate = try fields.integer(4) >> 16
    return fields
  }

  /// Reads an `esds`.
  private mutating func takeStream(_ box: BoxFields) throws(BoxError) {
    var fields = box
    try fields.skip(4)
    var element = try fields.descriptor(3)
    try element.skip(2)
    let flags = try element.integer(1)
    if flags & 0x80 != 0 { try element.skip(2) }
    if flags & 0x40 != 0 { try element.skip(try element.integer(1)) }
    if flags & 0x20 != 0 { try element.skip(2) }
    var decoder = try element.descriptor(4)
    let objectType = try decoder.integer(1)
    try decoder.skip(12)
    self.objectType = objectType
    if Self.aacTypes.contains(objectType) { setup = try decoder.descriptor(5).rest }
  }
}

extension BoxFields {
  /// The content of the next descriptor, which must have this tag.
  ///
  /// Its size is in groups of seven bits, at most four of them.
  /// - Source: ISO/IEC 14496-1 §8.3.3
  fileprivate mutating func descriptor(_ tag: Int) throws(BoxError) -> BoxFields {
    let found = try integer(1)
    guard found == tag else {
      throw .mismatch("\(type) descriptor", found: "\(found)", expected: "\(tag)")
    }
    var size = 0
    for _ in 0..<4 {
      let octet = try integer(1)
      size = size << 7 | octet & 0x7F
      if octet & 0x80 == 0 { return try fields(size) }
    }
    throw .mismatch("\(type) descriptor size", found: "in 5 bytes or more", expected: "in 4 bytes")
  }
}
