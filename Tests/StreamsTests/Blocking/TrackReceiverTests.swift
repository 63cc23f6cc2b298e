// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

@Suite("Chunks of the process of a source", .blocking)
struct TrackReceiverTests {
  private let segmentation = Segmentation(
    rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
  private let window: LiveWindow
  private let track: TrackFields
  private var receiver: TrackReceiver

  init() throws {
    let configuration = StreamConfiguration(size: .hd720, segmentation: segmentation)
    window = LiveWindow(segmentation: .video(segmentation), playlistLength: 6, retained: 8)
    let encoder = try VideoEncoder(
      EncoderSettings(size: .hd720, rate: .thirty, bitrateKilobits: 2500))
    track = TrackFields(
      codecs: encoder.codecString, width: 1280, height: 720, channels: 0,
      header: try encoder.initSegment())
    receiver = TrackReceiver(window, configuration.tracks[0])
  }

  private func chunk(
    _ index: Int64, role: ChunkMessage.Role = .next, segment: Int64? = nil, duration: Int64 = 3000
  ) -> ChunkMessage {
    let chunk = Chunk(
      frameIndex: index, segment: segment, isIndependent: index % 30 == 0, duration: duration,
      captured: .origin, published: .origin, bytes: bytes)
    return ChunkMessage(chunk, track: 0, role: role)
  }

  private let bytes = SharedBytes([1, 2, 3])

  @Test("chunks enter the window in their order, with the bytes that were received")
  mutating func order() throws {
    #expect(try receiver.describe(track))
    try receiver.goLive()
    for index in Int64(60)..<100 { try receiver.take(chunk(index)) }
    #expect(receiver.published == ResumePoint(segment: 3, end: 100))
    #expect(window.snapshot.segments.map(\.number) == [2])
    #expect(window.snapshot.open?.chunks.count == 10)
    #expect(window.snapshot.segments.first?.chunks.first?.bytes === bytes)
  }

  @Test("a chunk before a header, out of order, of another segment or duration is refused")
  mutating func refused() throws {
    #expect(throws: MessageError.self) { try receiver.take(chunk(60)) }
    #expect(try receiver.describe(track))
    try receiver.goLive()
    try receiver.take(chunk(60))
    for wrong in [
      chunk(60), chunk(59), chunk(61, segment: 3), chunk(61, duration: 3001),
    ] {
      #expect(throws: MessageError.self) { try receiver.take(wrong) }
    }
    #expect(throws: MessageError.self) {
      try receiver.begin(PeriodFields(offset: .zero, skipped: 0))
    }
    #expect(throws: MessageError.self) { try receiver.leaveOut(1) }
    try receiver.take(chunk(61))
  }

  @Test(
    "a frame after the years that times can express is refused",
    arguments: [Int64(1) << 40, 1 << 47])
  mutating func future(_ index: Int64) throws {
    #expect(try receiver.describe(track))
    try receiver.goLive()
    try receiver.take(chunk(60))
    #expect(throws: MessageError.self) { try receiver.take(chunk(index)) }
    #expect(throws: MessageError.self) { try receiver.leaveOut(index / 64) }
    try receiver.take(chunk(61))
  }

  @Test("no segment begins twice: by a gap, after one, or by the first part of a period")
  mutating func distinctSegments() throws {
    #expect(try receiver.describe(track))
    try receiver.goLive()
    try receiver.take(chunk(60))
    #expect(throws: MessageError.self) { try receiver.leaveOut(2) }
    #expect(throws: MessageError.self) { try receiver.take(chunk(61, role: .opening)) }
    try receiver.leaveOut(3)
    #expect(throws: MessageError.self) { try receiver.leaveOut(3) }
    try receiver.take(chunk(120, role: .opening))
    #expect(throws: MessageError.self) { try receiver.take(chunk(121)) }
    #expect(throws: MessageError.self) { try receiver.leaveOut(5) }
    try receiver.take(chunk(121, role: .opening))
    try receiver.begin(PeriodFields(offset: .zero, skipped: 0))
    try receiver.take(chunk(122))
    #expect(window.snapshot.segments.map(\.number) == [2, 3])
    #expect(window.snapshot.open?.number == 4)
  }

  @Test("steps that skip more numbers than there are end nothing")
  mutating func skips() throws {
    #expect(try receiver.describe(track))
    try receiver.goLive()
    try receiver.take(chunk(60))
    for _ in 0..<3 { receiver.announce(offset: .zero, skipped: .max) }
    try receiver.take(chunk(90))
    #expect(window.snapshot.open?.number == 3)
  }

  @Test("a header that is none is refused; one that differs from the earlier is reported")
  mutating func header() throws {
    var wrong = track
    wrong.header = [0, 0, 0, 8]
    #expect(throws: MessageError.self) { try receiver.describe(wrong) }
    wrong = track
    wrong.codecs = "avc1.640028"
    #expect(throws: MessageError.self) { try receiver.describe(wrong) }
    #expect(try receiver.describe(track))
    #expect(try receiver.describe(track))
    wrong = track
    wrong.header += [0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65]
    #expect(try !receiver.describe(wrong))
  }

  @Test("after a crash the opening chunks of a period are forgotten, and the next one continues")
  mutating func crash() throws {
    #expect(try receiver.describe(track))
    try receiver.goLive()
    for index in Int64(30)..<40 { try receiver.take(chunk(index)) }
    try receiver.take(chunk(60, role: .opening))
    receiver.restart()
    for index in Int64(90)..<93 { try receiver.take(chunk(index, role: .opening)) }
    try receiver.begin(PeriodFields(offset: .nanoseconds(5), skipped: 1))
    #expect(window.snapshot.segments.map(\.number) == [1, 2])
    #expect(window.snapshot.open?.number == 3)
    #expect(window.snapshot.open?.chunks.count == 3)
    #expect(window.snapshot.segments.contains { $0.startsDiscontinuity })
  }
}
