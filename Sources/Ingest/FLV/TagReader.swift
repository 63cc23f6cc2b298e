// SPDX-License-Identifier: Apache-2.0

import Checked

/// Reads the fields of a tag of FLV; every read is checked.
struct TagReader {
  /// The most tracks of video; those with a higher number are ignored.
  static let maximumVideoTracks = 8
  /// The most blocks of ModEx in a tag.
  private static let maximumModifiers = 8
  /// A timestamp is in milliseconds: the offset of a ModEx block is less than one.
  private static let maximumOffset = 999_999

  /// What precedes the body of a track in a tag of Enhanced RTMP.
  struct Track {
    var number: Int
    var packetType: Int
    var fourCC: FourCC
    var body: Range<Int>
  }

  private var cursor: ByteCursor
  /// The nanoseconds by which the media of the tag is later than its timestamp: 0–999,999.
  private(set) var timeOffset = 0
  /// Whether the tracks of the tag have numbers.
  private(set) var isMultitrack = false

  init(_ bytes: [UInt8], from offset: Int) {
    cursor = ByteCursor(bytes, from: offset)
  }

  mutating func integer(_ count: Int) throws(TagFault) -> Int {
    guard let value = cursor.integer(count) else { throw .truncated }
    return value
  }

  /// A number of 24 bits with a sign.
  mutating func signed24() throws(TagFault) -> Int32 {
    let value = Int32(truncatingIfNeeded: try integer(3))
    return value >= 0x80_0000 ? value - 0x100_0000 : value
  }

  mutating func fourCC() throws(TagFault) -> FourCC { FourCC(UInt32(clamping: try integer(4))) }

  /// The rest of the tag.
  var rest: Range<Int> { cursor.rest }

  /// The next bytes.
  private mutating func take(_ count: Int) throws(TagFault) -> Range<Int> {
    guard let range = cursor.take(count) else { throw .truncated }
    return range
  }

  /// The tracks of an enhanced tag, whose packet type was in the first byte.
  ///
  /// A number that occurs twice counts once.
  ///
  /// - Parameters:
  ///   - first: the packet type.
  ///   - multitrack: the packet type of several tracks.
  ///   - limit: tracks with this number or a higher one are left out; a number has one byte.
  /// - Returns: the tracks, in the order of the tag.
  /// - Throws: ``TagFault`` for a malformed tag.
  /// - Source: Enhanced RTMP v2, ExVideoTagHeader and ExAudioTagHeader
  mutating func tracks(
    _ first: Int, multitrack: Int, limit: Int = 256
  ) throws(TagFault) -> [Track] {
    var packetType = first
    var modifiers = 0
    while packetType == 7 {
      guard modifiers < Self.maximumModifiers else { throw .modifiers }
      modifiers += 1
      packetType = try modifier()
    }
    guard packetType == multitrack else {
      let code = try fourCC()
      return [Track(number: 0, packetType: packetType, fourCC: code, body: rest)]
    }
    let types = try integer(1)
    // AvMultitrackType: 0: one track; 1: tracks of one codec; 2: tracks, each with its own codec.
    let kind = types >> 4
    packetType = types & 15
    guard kind <= 2 else { throw .kind(kind) }
    guard packetType != multitrack, packetType != 7 else { throw .nested }
    var code = FourCC(0)
    if kind != 2 { code = try fourCC() }
    guard !rest.isEmpty else { throw .noTrack }
    isMultitrack = true
    var found: [Track] = []
    var numbers: Set<Int> = []
    while !rest.isEmpty {
      if kind == 2 { code = try fourCC() }
      let number = try integer(1)
      let size = kind == 0 ? rest.count : try integer(3)
      let body = try take(size)
      if number < limit, numbers.insert(number).inserted {
        found.append(Track(number: number, packetType: packetType, fourCC: code, body: body))
      }
    }
    return found
  }

  /// Reads a block of ModEx; unknown types are skipped, and offsets out of range.
  ///
  /// - Returns: the next packet type.
  /// - Source: Enhanced RTMP v2, VideoPacketModExType and AudioPacketModExType
  private mutating func modifier() throws(TagFault) -> Int {
    var size = try integer(1) + 1
    if size == 256 { size = try integer(2) + 1 }
    var block = cursor
    _ = try take(size)
    let value = size >= 3 ? block.integer(3) ?? 0 : 0
    let types = try integer(1)
    // Type 0 is TimestampOffsetNano.
    if types >> 4 == 0, value <= Self.maximumOffset { timeOffset = value }
    return types & 15
  }
}
