// SPDX-License-Identifier: Apache-2.0

import Glibc
import Ingest
import TestSupport
import Testing
import Time

@testable import Capture

private func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite("Times of the tags of a publisher", .blocking)
struct PublisherPacketsTests {
  /// Reads the units of tags, in nanoseconds after the earliest one.
  private func times(_ tags: [MediaTag]) throws -> [Int64] {
    var pair: [Int32] = [0, 0]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    let media = PublishedMedia(descriptor: pair[0])
    defer { close(pair[1]) }
    let records = [MediaRecord.begin] + tags.map { .tag($0) } + [.end]
    let bytes = records.flatMap { $0.head + $0.payload }
    try #require(unsafe write(pair[1], bytes, bytes.count) == bytes.count)
    let packets = try PublisherPackets(media, InputOptions(), InputCancellation())
    var times: [SourceTime] = []
    while let units = try packets.read() {
      for unit in units {
        switch unit {
        case .video(let unit):
          times.append(unit.pts)
          #expect(unit.dts.map { unit.pts - $0 } == .zero)
        case .audio(let packet): times.append(packet.pts)
        case .metadata(let packet): times.append(packet.pts)
        }
      }
    }
    let first = try #require(times.min())
    return times.map { ($0 - first).nanoseconds }
  }

  /// A key frame of H.264; with a block of ModEx if `offset` is not nil.
  private func video(_ timestamp: UInt32, _ offset: UInt32? = nil) -> MediaTag {
    let head: [UInt8] = offset.map { [0x97, 2] + bytes($0) + [0x03] } ?? [0x93]
    let unit: [UInt8] = [0, 0, 0, 2, 0x65, 0x88]
    return MediaTag(kind: .video, timestamp: timestamp, payload: head + ascii("avc1") + unit)
  }

  private func audio(_ timestamp: UInt32, _ offset: UInt32) -> MediaTag {
    let head: [UInt8] = [0x97, 2] + bytes(offset) + [0x01]
    return MediaTag(kind: .audio, timestamp: timestamp, payload: head + ascii("Opus") + [1, 2])
  }

  private func bytes(_ value: UInt32) -> [UInt8] {
    [16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  @Test("another codec in a connection replaces the first one, from its configuration on")
  func otherCodec() throws {
    var pair: [Int32] = [0, 0]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    let media = PublishedMedia(descriptor: pair[0])
    defer { close(pair[1]) }
    func tag(_ head: UInt8, _ codec: String, _ body: [UInt8]) -> MediaRecord {
      .tag(MediaTag(kind: .video, timestamp: 0, payload: [head] + ascii(codec) + body))
    }
    let unit: [UInt8] = [0, 0, 0, 2, 0x65, 0x88]
    let av1: [UInt8] = [
      0x81, 0, 0x0C, 0, 0x0A, 0x0A, 0, 0, 0, 0x02, 0xAF, 0xFF, 0x9B, 0x5F, 0x30, 0x08,
    ]
    let metadata = RTMPCommand.payload([
      .string("onMetaData"), .object(["framerate": .number(29.97)]),
    ])
    let named = try #require(FLVMetadata(message: metadata, isAMF3: false)).tag
    let records: [MediaRecord] = [
      .begin, .tag(named), tag(0x93, "avc1", unit), tag(0x91, "av01", [0x12, 0]),
      tag(0x90, "av01", av1), tag(0x91, "av01", [0x32, 1, 0]), .end,
    ]
    let bytes = records.flatMap { $0.head + $0.payload }
    try #require(unsafe write(pair[1], bytes, bytes.count) == bytes.count)
    let packets = try PublisherPackets(media, InputOptions(), InputCancellation())
    var counts: [Int] = []
    while let units = try packets.read() { counts.append(units.count) }
    // Without their configurations both codecs are left out.
    #expect(counts.suffix(4) == [0, 0, 0, 1])
    #expect(packets.description?.video.passThroughCodec == .av1)
    #expect(packets.description?.video.namedMillihertz == 29_970)
  }

  @Test("a connection after a failed one continues with the publisher and its configurations")
  func continues() throws {
    var pair: [Int32] = [0, 0]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    let media = PublishedMedia(descriptor: pair[0])
    defer { close(pair[1]) }
    func send(_ records: [MediaRecord]) throws {
      let bytes = records.flatMap { $0.head + $0.payload }
      try #require(unsafe write(pair[1], bytes, bytes.count) == bytes.count)
    }
    func connect() throws -> PublisherPackets {
      var options = InputOptions()
      options.listensForEver = false
      options.openLimit = .milliseconds(300)
      return try PublisherPackets(media, options, InputCancellation())
    }
    // AAC, of which no frame is decodable without its configuration.
    let configuration = MediaTag(kind: .audio, timestamp: 0, payload: [0xAF, 0, 0x12, 0x10])
    let frame = MediaTag(kind: .audio, timestamp: 20, payload: [0xAF, 1, 1, 2, 3])
    try send([.begin, .tag(configuration), .tag(frame)])
    let first = try connect()
    for count in [0, 1] { #expect(try first.read()?.count == count) }
    // Without media nothing is opened.
    #expect(throws: InputError.self) { try connect() }
    try send([.tag(frame), .end])
    let second = try connect()
    for count in [0, 1] { #expect(try second.read()?.count == count) }
    #expect(try second.read() == nil)
    // After its end the media of another publisher is waited for.
    try send([.tag(frame)])
    #expect(throws: InputError.self) { try connect() }
  }

  @Test("the end of a publisher that cannot be used is noticed, and each wait without a publisher")
  func absence() throws {
    var pair: [Int32] = [0, 0]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    let media = PublishedMedia(descriptor: pair[0])
    defer { close(pair[1]) }
    var absences = 0
    media.whenAbsent = { absences += 1 }
    func wait(for records: [MediaRecord]) throws {
      let bytes = records.flatMap { $0.head + $0.payload }
      if !bytes.isEmpty { try #require(unsafe write(pair[1], bytes, bytes.count) == bytes.count) }
      var options = InputOptions()
      options.listensForEver = false
      options.openLimit = .milliseconds(300)
      _ = try PublisherPackets(media, options, InputCancellation()).read()
    }
    try wait(for: [.begin, .tag(video(0))])
    #expect(absences == 1)
    // It still publishes when the input is opened again.
    try wait(for: [.tag(video(40))])
    #expect(absences == 1)
    #expect(throws: InputError.self) { try wait(for: [.end]) }
    #expect(absences == 2)
    #expect(throws: InputError.self) { try wait(for: []) }
    #expect(absences == 3)
  }

  @Test("a track of which only colours arrive is no rendition")
  func colours() throws {
    var pair: [Int32] = [0, 0]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    let media = PublishedMedia(descriptor: pair[0])
    defer { close(pair[1]) }
    let setup: [UInt8] = [
      1, 0x42, 0xC0, 0x1E, 0xFF, 0xE1, 0, 4, 0x67, 0x42, 0xC0, 0x1E, 1, 0, 2, 0x68, 0xCE,
    ]
    let colours: [AMF0Value] = [
      .string("colorInfo"), .object(["colorConfig": .object(["colorPrimaries": .number(9)])]),
    ]
    /// A tag with one track (Enhanced RTMP v2, Multitrack).
    func tag(_ track: UInt8, _ kind: UInt8, _ body: [UInt8], at time: UInt32 = 0) -> MediaTag {
      MediaTag(
        kind: .video, timestamp: time, payload: [0x96, kind] + ascii("avc1") + [track] + body)
    }
    var tags = [
      tag(0, 0, setup), tag(1, 4, colours.flatMap(\.bytes)), tag(2, 0, setup),
    ]
    for frame in UInt32(0)..<70 {
      for track in [0, 2] as [UInt8] {
        tags.append(tag(track, 3, [0, 0, 0, 2, 0x65, 0x88], at: frame * 33))
      }
    }
    let bytes = ([.begin] + tags.map { .tag($0) } + [.end] as [MediaRecord])
      .flatMap { $0.head + $0.payload }
    try #require(unsafe write(pair[1], bytes, bytes.count) == bytes.count)
    var options = InputOptions()
    options.takesRenditions = true
    let packets = try PublisherPackets(media, options, InputCancellation())
    var units = 0
    while let found = try packets.read() { units += found.count }
    #expect(units == 70 && packets.trackFault == nil)
    #expect(packets.description?.otherVideos.count == 1)
  }

  @Test("the offset of ModEx is added to the timestamp of video and audio")
  func offsets() throws {
    // 30000/1001 frames per second: 33,366,666 ns, of which the timestamp has the milliseconds.
    #expect(
      try times([video(0), video(33, 366_667), video(66, 733_333), audio(66, 500_000)])
        == [0, 33_366_667, 66_733_333, 66_500_000])
  }

  @Test("timestamps continue over 2^32, with offsets too; audio and video count the same wraps")
  func wrap() throws {
    // The first access unit leaves with the second one, so audio is before it.
    #expect(
      try times([
        video(.max - 20), audio(.max, 250_000), video(12, 333_333), audio(20, 0), video(46),
      ]) == [20_250_000, 0, 33_333_333, 41_000_000, 67_000_000])
  }
}
