// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media

extension TrackConfiguration {
  /// The description of the track of a header.
  ///
  /// - Throws: ``TrackError`` if its samples are not accepted.
  init(_ header: MovieHeader) throws(TrackError) {
    guard header.timescale > 0 else { throw .boxes(.time) }
    let entry = header.entry
    guard entry.protection == nil else { throw .codec("encrypted \(entry.type)") }
    var setup = entry.setup
    let codec: Codec
    switch (entry.type, entry.objectType) {
    case ("avc1", _), ("avc3", _): codec = .h264
    case ("hvc1", _), ("hev1", _): codec = .hevc
    case ("av01", _): codec = .av1
    case ("vp09", _): codec = .vp9
    case ("ac-3", _): codec = .ac3
    case ("ec-3", _): codec = .eac3
    case ("Opus", _):
      codec = .opus
      setup = try Self.opusHead(BoxFields(entry.setup, "dOps"))
    case ("fLaC", _):
      codec = .flac
      setup = try Self.streamInfo(BoxFields(entry.setup, "dfLa"))
    case (_, 0x69?), (_, 0x6B?): codec = .mp3
    case (_, let type?):
      guard SampleEntry.aacTypes.contains(type) else { throw .codec("mp4a of type \(type)") }
      codec = .aac
    default: throw .codec(entry.type)
    }
    self.init(codec: codec, timescale: UInt32(clamping: header.timescale), setup: setup)
    channels = UInt8(clamping: entry.channels)
    sampleRate = UInt32(clamping: entry.sampleRate)
    let spoken = header.declaredLanguage
    language = spoken == MovieHeader.undetermined ? 0 : spoken
    guard !codec.isVideo else {
      quarterTurns = header.quarterTurns
      (dolbyVision, colour) = (entry.dolbyVision, entry.colour)
      return
    }
    let data = header.userData
    purpose = data.purpose
    label = (data.label(in: Language(packed: spoken)) ?? data.name).flatMap { Self.limited($0) }
    hasMalformedLabel = data.hasMalformedLabel
  }

  /// The start of a name with at most ``maximumNameLength`` bytes; nil if it is empty.
  private static func limited(_ name: String) -> String? {
    var length = 0
    let start = name.prefix { character in
      // bounded: a sum of lengths of parts of a text
      length += character.utf8.count
      return length <= maximumNameLength
    }
    return start.isEmpty ? nil : String(start)
  }

  /// STREAMINFO, which is the first metadata block of a `dfLa`.
  ///
  /// - Source: Encapsulation of FLAC in ISO Base Media File Format 0.0.4 §3.3.2; RFC 9639 §8.2
  private static func streamInfo(_ box: BoxFields) throws(TrackError) -> [UInt8] {
    var fields = box
    do throws(BoxError) {
      try fields.skip(4)
      let head = try fields.integer(4)
      guard head & 0x7FFF_FFFF == 34 else {
        throw .mismatch("dfLa", found: "\(head)", expected: "STREAMINFO")
      }
      return try fields.fields(34).rest
    } catch { throw .boxes(error) }
  }

  /// The header of Ogg Opus with the fields of a `dOps`.
  ///
  /// - Source: Encapsulation of Opus in ISO Base Media File Format §4.3.2; RFC 7845 §5.1
  private static func opusHead(_ box: BoxFields) throws(TrackError) -> [UInt8] {
    var fields = box
    func reversed(_ count: Int) throws(BoxError) -> [UInt8] {
      let number = try fields.integer(count)
      return (0..<count).map { UInt8(truncatingIfNeeded: number >> ($0 << 3)) }
    }
    do throws(BoxError) {
      try fields.skip(1)
      let head = Array("OpusHead".utf8) + [1, UInt8(clamping: try fields.integer(1))]
      // The delay, the sample rate and the gain.
      let numbers = try reversed(2) + reversed(4) + reversed(2)
      // The mapping has at least its family.
      let mapping = fields.rest
      try fields.skip(1)
      return head + numbers + mapping
    } catch { throw .boxes(error) }
  }
}

extension MovieHeader {
  /// The language of `elng`, else that of `mdhd`.
  var declaredLanguage: UInt16 {
    let declared = extendedLanguage.map { Language($0) } ?? .undetermined
    return declared == .undetermined ? language : declared.packed
  }
}
