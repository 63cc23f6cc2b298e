// SPDX-License-Identifier: Apache-2.0

import Ingest
import Media
import Testing

private func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The name of a codec.
private func name(_ codec: TagCodec) -> String {
  switch codec {
  case .known(let codec): "\(codec)"
  case .other(let name): name
  }
}

@Suite("Tags of FLV")
struct FLVTagTests {
  @Test("classic H.264: configuration, frames with a signed composition time, end")
  func advanced() throws {
    let configuration = try #require(FLVVideoTag([0x17, 0, 0, 0, 0, 1, 2]))
    #expect(configuration.codec == .known(.h264) && configuration.content == .configuration)
    #expect(configuration.body == 5..<7)
    let frame = try #require(FLVVideoTag([0x27, 1, 0xFF, 0xFF, 0xFE, 9]))
    #expect(frame.content == .accessUnit(compositionTime: -2) && !frame.isKey)
    #expect(FLVVideoTag([0x17, 2, 0, 0, 0])?.content == .nothing)
    #expect(FLVVideoTag([0x17, 1, 0, 0]) == nil && FLVVideoTag([]) == nil)
    #expect(FLVVideoTag([0x1C, 1, 0, 0, 0])?.codec == .known(.hevc))
  }

  @Test("enhanced video: codecs, frames with and without a composition time")
  func enhanced() throws {
    let start = try #require(FLVVideoTag([0x90] + ascii("hvc1") + [1]))
    #expect(start.codec == .known(.hevc) && start.content == .configuration && start.isKey)
    let frame = try #require(FLVVideoTag([0xA1] + ascii("hvc1") + [0, 0, 40, 7, 7]))
    #expect(frame.content == .accessUnit(compositionTime: 40) && frame.body == 8..<10)
    let plain = try #require(FLVVideoTag([0x93] + ascii("hvc1") + [7]))
    #expect(plain.content == .accessUnit(compositionTime: 0) && plain.body == 5..<6)
    #expect(FLVVideoTag([0x90] + ascii("av01"))?.codec == .known(.av1))
    #expect(FLVVideoTag([0x90] + ascii("vp09"))?.codec == .known(.vp9))
    #expect(FLVVideoTag([0x90, 1, 2, 3]) == nil)
    // Metadata, and a command.
    #expect(FLVVideoTag([0x94] + ascii("hvc1"))?.content == .nothing)
    #expect(FLVVideoTag([0xD0] + ascii("hvc1"))?.content == .nothing)
  }

  @Test("ModEx precedes a packet, and of several tracks the default one is taken")
  func multitrack() throws {
    let modified = try #require(
      FLVVideoTag([0x97, 2, 1, 2, 3, 0x01] + ascii("avc1") + [0, 0, 1, 5]))
    #expect(modified.codec == .known(.h264))
    #expect(modified.content == .accessUnit(compositionTime: 1) && modified.body == 13..<14)
    let one = try #require(FLVVideoTag([0x96, 0x03] + ascii("avc1") + [0, 5, 6]))
    #expect(one.content == .accessUnit(compositionTime: 0) && one.body == 7..<9)
    #expect(FLVVideoTag.tracks(of: [0x96, 0x03] + ascii("avc1") + [1, 5, 6])?.map(\.track) == [1])
    let many = try #require(
      FLVVideoTag([0x96, 0x13] + ascii("avc1") + [1, 0, 0, 1, 9] + [0, 0, 0, 2, 7, 8]))
    #expect(many.body == 15..<17)
    let codecs = try #require(
      FLVVideoTag([0x96, 0x23] + ascii("av01") + [1, 0, 0, 0] + ascii("hvc1") + [0, 0, 0, 1, 7]))
    #expect(codecs.codec == .known(.hevc) && codecs.body == 18..<19)
    // A track that is longer than the tag; ModEx without an end.
    #expect(FLVVideoTag([0x96, 0x13] + ascii("avc1") + [0, 0, 0, 3, 7]) == nil)
    #expect(FLVVideoTag([0x97, 0xFF, 0xFF, 0xFF]) == nil)
    #expect(FLVVideoTag([0x96, 0x26] + ascii("avc1")) == nil)
  }

  /// A block of ModEx, with the packet type after it.
  private static func block(_ data: [UInt8], type: UInt8 = 0, next: UInt8) -> [UInt8] {
    let size =
      data.count < 256
      ? [UInt8(data.count - 1)]
      : [255, UInt8((data.count - 1) >> 8), UInt8((data.count - 1) & 255)]
    return size + data + [type << 4 | next]
  }

  /// Packet types: 1 for frames, 7 for one more block of ModEx.
  private static let offsets: [(block: [UInt8], nanoseconds: Int)] = [
    (block([0x07, 0xA1, 0x20], next: 1), 500_000), (block([0x0F, 0x42, 0x3F], next: 1), 999_999),
    // A millisecond, and more.
    (block([0x0F, 0x42, 0x40], next: 1), 0), (block([255, 255, 255], next: 1), 0),
    // Another type, too few bytes, and more bytes than the field has.
    (block([0, 0, 9], type: 1, next: 1), 0), (block([0, 9], next: 1), 0),
    (block([0, 0, 9] + Array(repeating: 7, count: 5), next: 1), 9),
    (block([0, 0, 9] + Array(repeating: 7, count: 252), next: 1), 9),
    (block([0, 0, 9] + Array(repeating: 7, count: 253), next: 1), 9),
    (block([0, 0, 9] + Array(repeating: 7, count: 300), next: 1), 9),
    // Several blocks: the last valid offset.
    (block([0, 0, 9], next: 7) + block([1], type: 15, next: 1), 9),
    (block([0, 0, 9], next: 7) + block([0, 1, 0], next: 1), 256),
  ]

  @Test("the nanosecond offset of ModEx, 0 to 999,999", arguments: offsets.indices)
  func timeOffsets(row: Int) throws {
    let (block, nanoseconds) = Self.offsets[row]
    let video = try #require(FLVVideoTag([0x97] + block + ascii("avc1") + [0, 0, 1, 5]))
    #expect(video.timeOffset == nanoseconds && video.content == .accessUnit(compositionTime: 1))
    #expect(video.body.count == 1)
    let audio = try #require(FLVAudioTag([0x97] + block + ascii("mp4a") + [1, 2]))
    #expect(audio.timeOffset == nanoseconds && audio.body.count == 2)
  }

  @Test("the offset of ModEx is that of all tracks; at most eight blocks are read")
  func modifiers() throws {
    let offset = Self.block([0, 0, 9], next: 6)
    let tag = [0x97] + offset + [0x13] + ascii("av01") + [0, 0, 0, 1, 5, 1, 0, 0, 1, 6]
    let tracks = try #require(FLVVideoTag.tracks(of: tag))
    #expect(tracks.map(\.timeOffset) == [9, 9] && tracks.map(\.track) == [0, 1])
    #expect(FLVVideoTag([0x17, 1, 0, 0, 0])?.timeOffset == 0)
    #expect(FLVAudioTag([0xAF, 1, 2])?.timeOffset == 0)
    let more = Self.block([0], next: 7)
    func blocks(_ count: Int) -> [UInt8] {
      [0x97] + Array(repeating: more, count: count - 1).joined() + Self.block([0], next: 3)
        + ascii("avc1")
    }
    #expect(FLVVideoTag(blocks(8)) != nil && FLVVideoTag(blocks(9)) == nil)
    // A block without its data, and one without the type after it.
    #expect(FLVVideoTag([0x97, 2, 0, 0]) == nil && FLVVideoTag([0x97, 2, 0, 0, 9]) == nil)
  }

  @Test("all tracks of a multitrack tag, in each of its three types")
  func allTracks() throws {
    func tracks(_ tag: [UInt8]) throws -> [String] {
      try #require(FLVVideoTag.tracks(of: tag)).map { "\($0.track):\(name($0.codec)):\($0.body)" }
    }
    #expect(try tracks([0x27, 1, 0, 0, 0, 9]) == ["0:h264:5..<6"])
    #expect(try tracks([0x96, 0x03] + ascii("avc1") + [1, 5, 6]) == ["1:h264:7..<9"])
    #expect(
      try tracks([0x96, 0x13] + ascii("hvc1") + [1, 0, 0, 1, 9] + [0, 0, 0, 2, 7, 8])
        == ["1:hevc:10..<11", "0:hevc:15..<17"])
    #expect(
      try tracks(
        [0x96, 0x23] + ascii("hvc1") + [2, 0, 0, 0] + ascii("avc1") + [0, 0, 0, 1, 7])
        == ["2:hevc:10..<10", "0:h264:18..<19"])
    // A number that occurs twice, and one that is too high.
    #expect(
      try tracks(
        [0x96, 0x13] + ascii("avc1") + [1, 0, 0, 0] + [1, 0, 0, 1, 4] + [8, 0, 0, 1, 4])
        == ["1:h264:10..<10"])
    #expect(FLVVideoTag.tracks(of: [0x96, 0x33] + ascii("avc1") + [0]) == nil)
    #expect(FLVVideoTag.tracks(of: [0x96, 0x13] + ascii("avc1") + [0, 0, 0]) == nil)
  }

  @Test("the configurations of all tracks are kept for a later source, the newest of each")
  func configurations() {
    func tag(_ payload: [UInt8]) -> MediaTag {
      MediaTag(kind: .video, timestamp: 0, payload: payload)
    }
    let first = tag([0x90] + ascii("avc1") + [1])
    let second = tag([0x96, 0x00] + ascii("avc1") + [1, 5])
    var known = MediaConfigurations()
    for tag in [first, second, tag([0x96, 0x01] + ascii("avc1") + [1, 0, 0, 0, 5])] {
      known.note(tag)
    }
    #expect(known.tags == [first, second])
    let newer = tag([0x96, 0x00] + ascii("avc1") + [1, 6])
    known.note(newer)
    #expect(known.tags == [first, newer])
    let both = tag([0x96, 0x10] + ascii("avc1") + [0, 0, 0, 1, 8, 1, 0, 0, 1, 9])
    known.note(both)
    #expect(known.tags == [both])
  }

  @Test("all audio tracks of a multitrack tag, in each of its three types")
  func audioTracks() throws {
    func tracks(_ tag: [UInt8]) throws -> [String] {
      try FLVAudioTag.tracks(of: tag).map { "\($0.track):\(name($0.codec)):\($0.body)" }
    }
    #expect(try tracks([0xAF, 1, 9]) == ["0:aac:2..<3"])
    #expect(try tracks([0x95, 0x01] + ascii("mp4a") + [255, 5, 6]) == ["255:aac:7..<9"])
    #expect(
      try tracks([0x95, 0x11] + ascii("mp4a") + [1, 0, 0, 1, 9] + [0, 0, 0, 2, 7, 8])
        == ["1:aac:10..<11", "0:aac:15..<17"])
    #expect(
      try tracks(
        [0x95, 0x21] + ascii("Opus") + [2, 0, 0, 1, 4] + ascii("ac-3") + [0, 0, 0, 1, 7])
        == ["2:opus:10..<11", "0:ac3:19..<20"])
    let start = try #require(FLVAudioTag([0x95, 0x00] + ascii("mp4a") + [3, 1]))
    #expect(start.isConfiguration && start.isMultitrack && start.track == 3)
    // The first of equal numbers counts.
    #expect(
      try tracks([0x95, 0x11] + ascii("mp4a") + [1, 0, 0, 1, 9] + [1, 0, 0, 1, 8])
        == ["1:aac:10..<11"])
    let many = (0..<1000).flatMap { index -> [UInt8] in [UInt8(index & 255), 0, 0, 1, 7] }
    #expect(try FLVAudioTag.tracks(of: [0x95, 0x11] + ascii("mp4a") + many).count == 256)
  }

  @Test("a malformed multitrack tag has a reason")
  func faults() {
    let rows: [([UInt8], TagFault)] = [
      ([0x95], .truncated), ([0x95, 0x11] + ascii("mp4"), .truncated),
      ([0x95, 0x01] + ascii("mp4a"), .noTrack), ([0x95, 0x11] + ascii("mp4a"), .noTrack),
      ([0x95, 0x11] + ascii("mp4a") + [1], .truncated),
      ([0x95, 0x11] + ascii("mp4a") + [1, 255, 255, 255, 7], .truncated),
      ([0x95, 0x11] + ascii("mp4a") + [1, 0, 0, 1, 7, 2, 0, 0, 2, 7], .truncated),
      ([0x95, 0x15] + ascii("mp4a") + [1, 0, 0, 0], .nested),
      ([0x95, 0x17] + ascii("mp4a") + [1, 0, 0, 0], .nested),
      ([0x95, 0x31] + ascii("mp4a") + [1], .kind(3)),
      ([0x97, 0, 0], .truncated),
      ([0x97] + Array([[UInt8]](repeating: [0, 0, 0x07], count: 9).joined()), .modifiers),
    ]
    for (tag, fault) in rows {
      #expect(throws: fault) { try FLVAudioTag.tracks(of: tag) }
      #expect(FLVAudioTag(tag) == nil && !fault.description.isEmpty)
    }
  }

  @Test("the configurations of all audio tracks are kept, the newest of each")
  func audioConfigurations() {
    func tag(_ track: UInt8, _ byte: UInt8) -> MediaTag {
      MediaTag(kind: .audio, timestamp: 0, payload: [0x95, 0] + ascii("mp4a") + [track, byte])
    }
    var known = MediaConfigurations()
    for tag in [tag(0, 1), tag(1, 1), tag(0, 2)] { known.note(tag) }
    #expect(known.tags == [tag(1, 1), tag(0, 2)])
    for track in 0..<100 { known.note(tag(UInt8(track), 3)) }
    #expect(known.tags.count == TrackConfiguration.maximumAudioTracks)
  }

  @Test("audio: AAC, MP3, and the codecs of Enhanced RTMP")
  func audio() throws {
    let configuration = try #require(FLVAudioTag([0xAF, 0, 0x11, 0x90]))
    #expect(configuration.codec == .known(.aac) && configuration.isConfiguration)
    #expect(configuration.body == 2..<4)
    let mp3 = try #require(FLVAudioTag([0x2F, 5]))
    #expect(mp3.codec == .known(.mp3) && mp3.sampleRate == 44_100 && mp3.channels == 2)
    #expect(FLVAudioTag([0xE2, 5])?.sampleRate == 8000)
    #expect(FLVAudioTag([0xAF]) == nil && FLVAudioTag([]) == nil)
    let opus = try #require(FLVAudioTag([0x90] + ascii("Opus") + [1]))
    #expect(opus.codec == .known(.opus) && opus.isConfiguration && opus.sampleRate == 48_000)
    let frames = try #require(FLVAudioTag([0x91] + ascii("fLaC") + [1, 2]))
    #expect(frames.codec == .known(.flac) && !frames.isConfiguration && frames.body == 5..<7)
    #expect(FLVAudioTag([0x92] + ascii("ac-3"))?.body.isEmpty == true)
    #expect(FLVAudioTag([0x3F, 0])?.codec == .other("linear PCM"))
  }
}

@Suite("Records of media")
struct MediaRecordTests {
  @Test("records are read in pieces of any size", arguments: [1, 3, 1000])
  func pieces(size: Int) throws {
    let records: [MediaRecord] = [
      .begin, .tag(MediaTag(kind: .video, timestamp: .max, payload: Array(0..<200))),
      .tag(MediaTag(kind: .audio, timestamp: 0, payload: [])), .end, .begin,
    ]
    let bytes = records.flatMap { $0.head + $0.payload }
    var reader = MediaRecordReader()
    var found: [MediaRecord] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      let piece = Array(bytes[start..<min(bytes.count, start + size)])
      unsafe piece.withUnsafeBufferPointer { unsafe reader.append($0) }
      while let record = try reader.next() { found.append(record) }
    }
    #expect(found == records)
  }

  @Test("other bytes are refused", arguments: [[3], [9, 0, 0, 0, 0, 1, 0, 0, 1]])
  func nonsense(start: [UInt8]) throws {
    var reader = MediaRecordReader()
    let bytes = start + Array(repeating: 0, count: 9 - min(9, start.count))
    unsafe bytes.withUnsafeBufferPointer { unsafe reader.append($0) }
    #expect(throws: MediaRecordReader.Fault.self) { try reader.next() }
  }

  @Test("configurations are kept, the newest of each kind")
  func configurations() {
    var kept = MediaConfigurations()
    func video(_ byte: UInt8) -> MediaTag {
      MediaTag(kind: .video, timestamp: 0, payload: [0x17, 0, 0, 0, 0, byte])
    }
    let audio = MediaTag(kind: .audio, timestamp: 0, payload: [0xAF, 0, 1])
    kept.note(video(1))
    kept.note(audio)
    kept.note(video(2))
    kept.note(MediaTag(kind: .video, timestamp: 0, payload: [0x17, 1, 0, 0, 0]))
    #expect(kept.tags == [video(2), audio])
  }
}

extension FLVVideoTag {
  /// The header of the default track.
  fileprivate init?(_ tag: [UInt8]) {
    guard let found = Self.tracks(of: tag)?.first(where: { $0.track == 0 }) else { return nil }
    self = found
  }
}

extension FLVAudioTag {
  /// The header of the first track.
  fileprivate init?(_ tag: [UInt8]) {
    guard let first = try? Self.tracks(of: tag).first else { return nil }
    self = first
  }
}
