// SPDX-License-Identifier: Apache-2.0

import Glibc
import Ingest
import Media
import TestSupport
import Testing
import Time

@testable import Capture

@Suite(
  "The rotation that a publisher declares: SEI, ITU-T H.264 §D.1.26, and onMetaData", .blocking)
struct DisplayOrientationTests {
  /// A NAL unit of SEI with other messages around the orientation.
  private static func sei(_ orientation: [UInt8], header: [UInt8] = [6]) -> [UInt8] {
    let user: [UInt8] = [5, 17] + [UInt8](repeating: 0x47, count: 17)
    let long: [UInt8] = [255, 3, 255, 45] + [UInt8](repeating: 0x2F, count: 300)
    return header + user + long + [47, UInt8(orientation.count)] + orientation + [0x80]
  }

  /// The message with two flips and an anticlockwise rotation; H.264 has a repetition period of 0.
  private static func orientation(_ turn: Int, flips: Int = 0, cancels: Bool = false) -> [UInt8] {
    // Cancelled, both flips, 16 bits, "1" for the period 0, "0" for no extension, and padding.
    let bits = (cancels ? 1 : 0) << 23 | flips << 21 | turn << 5 | 1 << 4 | 1 << 2
    return [16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> $0) }
  }

  @Test("anticlockwise turns are rounded to quarters; both flips are a half turn")
  func turns() {
    let rows: [([UInt8], Rotation?)] = [
      (Self.orientation(0), Rotation.none), (Self.orientation(0x4000), .threeQuarters),
      (Self.orientation(0x8000), .half), (Self.orientation(0xC000), .quarter),
      (Self.orientation(0xDFFF), .quarter), (Self.orientation(0xFFFF), Rotation.none),
      (Self.orientation(0, flips: 3), .half), (Self.orientation(0xC000, flips: 3), .threeQuarters),
      (Self.orientation(0xC000, flips: 1), .quarter),
      (Self.orientation(0xC000, cancels: true), nil),
    ]
    for (message, expected) in rows {
      #expect(Rotation(sei: Self.sei(message)[...], .h264) == expected, "\(message)")
      let unit = Self.sei(message, header: [0x4E, 1])
      #expect(Rotation(sei: unit[...], .hevc) == expected, "\(message)")
    }
  }

  @Test("bytes that prevent start codes are left out, and other messages are no orientation")
  func escapes() {
    // The size of the first message does not count the byte 3 after two zeros.
    let escaped: [UInt8] = [6, 5, 3, 0, 0, 3, 1, 47, 3, 0x08, 0, 0x14, 0x80]
    #expect(Rotation(sei: escaped[...], .h264) == Rotation.threeQuarters)
    #expect(Rotation(sei: [6, 5, 2, 47, 3, 0x80][...], .h264) == nil)
    let whole = Self.sei(Self.orientation(0xC000))
    // The last byte ends the unit, and no message.
    for count in 0..<whole.count - 1 {
      #expect(Rotation(sei: whole[..<count], .h264) == nil, "\(count) bytes")
    }
  }

  private static func unit(_ bytes: [UInt8]) -> [UInt8] {
    [0, 0, 0, UInt8(bytes.count)] + bytes
  }

  /// An access unit of lengths of two bytes, since the SEI is long.
  private static func access(_ units: [UInt8]...) -> [UInt8] {
    units.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 255)] + $0 }
  }

  private static let key: [UInt8] = [0x65, 0x88]
  private static let other: [UInt8] = [0x41, 0x9A]

  @Test("the SEI of the newest key frame has priority over what is declared")
  func priority() {
    var depacketizer = VideoDepacketizer(.h264, sizeLimit: FrameSizeLimit(), rotation: .half)
    depacketizer.take(extradata: [1, 0x42, 0xC0, 0x0A, 0xFD, 0xE0, 0])
    func rotation(after units: [UInt8]...) -> Rotation {
      let bytes = units.flatMap { Self.access($0) }
      _ = depacketizer.take(
        bytes.span, pts: .origin, dts: nil, isKey: false, arrival: .origin, senderTime: nil)
      return depacketizer.video.rotation
    }
    let quarter = Self.sei(Self.orientation(0xC000))
    #expect(rotation(after: Self.key) == .half)
    #expect(rotation(after: quarter, Self.key) == .quarter)
    let coding = depacketizer.video.coding
    #expect(rotation(after: Self.sei(Self.orientation(0x4000)), Self.other) == .quarter)
    depacketizer.declare(.threeQuarters)
    #expect(depacketizer.video.rotation == .quarter && depacketizer.video.coding == coding)
    #expect(rotation(after: Self.sei(Self.orientation(0)), Self.key) == .none)
    #expect(rotation(after: Self.key) == .threeQuarters)
    depacketizer.declare(Rotation.none)
    #expect(depacketizer.video.rotation == .none && depacketizer.video.coding != coding)
  }

  /// The rotations after each of these tags, and the declarations that were ignored.
  private func read(_ tags: [MediaTag]) throws -> (rotations: [[Rotation]], ignored: [String]) {
    var pair: [Int32] = [0, 0]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    let media = PublishedMedia(descriptor: pair[0])
    defer { close(pair[1]) }
    let records = [MediaRecord.begin] + tags.map { .tag($0) } + [.end]
    let bytes = records.flatMap { $0.head + $0.payload }
    try #require(unsafe write(pair[1], bytes, bytes.count) == bytes.count)
    var options = InputOptions()
    options.takesRenditions = true
    let packets = try PublisherPackets(media, options, InputCancellation())
    var found: [[Rotation]] = []
    while try packets.read() != nil {
      found.append(packets.description?.videos.map(\.rotation) ?? [])
    }
    return (found, packets.ignoredDeclarations)
  }

  private static let record: [UInt8] =
    [1, 0x42, 0xC0, 0x0A, 0xFF, 0xE1, 0, 4, 0x67, 0x42, 0xC0, 0x0A, 1, 0, 2, 0x68, 0xCE]
  private static let avc1 = Array("avc1".utf8)

  /// A rotation, and no frame rate.
  private static func metadata(_ rotation: [UInt8]) -> MediaTag {
    MediaTag(kind: .metadata, timestamp: 0, payload: rotation + [0, 0, 0, 0])
  }

  @Test("onMetaData turns all tracks, before the first and later; others are ignored once")
  func metadata() throws {
    func video(_ payload: [UInt8]) -> MediaTag {
      MediaTag(kind: .video, timestamp: 0, payload: payload)
    }
    let refused = Self.metadata([5, 2, 0x34, 0x35])
    let (rotations, ignored) = try read([
      Self.metadata([1]), video([0x90] + Self.avc1 + Self.record),
      video([0x96, 0x00] + Self.avc1 + [1] + Self.record),
      video([0x93] + Self.avc1 + Self.unit(Self.key)),
      video([0x93] + Self.avc1 + Self.unit(Self.key)), refused, refused, Self.metadata([3]),
      Self.metadata([4]),
    ])
    #expect(rotations.first == [] && rotations.dropFirst().first == [.quarter])
    #expect(rotations.dropFirst(5).first.map { $0.allSatisfy { $0 == .quarter } } == true)
    #expect(rotations.suffix(2).allSatisfy { $0 == [.threeQuarters, .threeQuarters] })
    #expect(
      ignored == ["the rotation 45 of onMetaData is ignored (expected a multiple of 90 degrees)"])
  }

  @Test("a CMAF track is turned by its header; a malformed label is ignored with a line")
  func tracks() throws {
    var video = TrackConfiguration(codec: .h264, timescale: 90_000, setup: Self.record)
    video.quarterTurns = 1
    var audio = TrackConfiguration(codec: .aac, timescale: 48_000, setup: [0x11, 0x90])
    (audio.name, audio.hasMalformedLabel) = ("audio-de", true)
    var upright = video
    upright.quarterTurns = 0
    let (rotations, ignored) = try read([video.tag, audio.tag, upright.tag, audio.tag])
    #expect(rotations == [[.quarter], [.quarter], [.none], [.none]])
    #expect(ignored == ["a malformed label (labl) of the audio track audio-de is ignored"])
  }
}
