// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("A rendition as its recorded media shows it")
struct RecordedTrackTests {
  /// Segments with numbers as times of a rate, of `frames` frames each, from `first` on.
  private static func segments(
    _ first: Int64, frames: [Int64], each: Int64, ticks: Int64, shift: Int64 = 0
  ) -> [RecordedTrack.Segment] {
    var time = first * each * ticks + shift
    return frames.enumerated().map { index, count in
      defer { time += count * ticks }
      return RecordedTrack.Segment(
        number: first + Int64(index), decodeTime: time, duration: count * ticks, size: 1000)
    }
  }

  /// A header of HEVC video with this size.
  private static func header(
    _ width: UInt16, _ height: UInt16, timescale: UInt32
  ) throws -> [UInt8] {
    var bytes = HeaderBytes.video(nil, timescale: timescale)
    let entry = try #require(bytes.indices.first { bytes[$0...].starts(with: "hvc1".utf8) })
    for (index, number) in [width, height].enumerated() {
      let place = entry + 28 + 2 * index
      (bytes[place], bytes[place + 1]) = (UInt8(number >> 8), UInt8(number & 0xFF))
    }
    return bytes
  }

  private static func video(
    _ name: String = "video", width: UInt16 = 1280, height: UInt16 = 720, timescale: UInt32,
    ticks: Int64, _ segments: [RecordedTrack.Segment], end: Int64 = 1_795_000_000
  ) throws -> RecordedTrack {
    try #require(
      RecordedTrack(
        name: name,
        header: SharedBytes(try header(width, height, timescale: timescale)), segments: segments,
        frameTicks: ticks, end: .origin + .seconds(end)))
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let timescale: UInt32
    let ticks: Int64
    let frames: [Int64]
    let each: Int64
    var shift: Int64 = 0
    /// Frames per segment; nil if the duration varies.
    let expected: Int64?
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "30 fps", timescale: 90_000, ticks: 3000, frames: [30, 30], each: 30, expected: 30),
    Row(
      name: "29.97 fps", timescale: 90_000, ticks: 3003, frames: [60, 60], each: 60, expected: 60),
    Row(
      name: "a short end", timescale: 90_000, ticks: 3600, frames: [50, 7], each: 50, expected: 50),
    Row(
      name: "a late start", timescale: 90_000, ticks: 3600, frames: [20], each: 25, shift: 18_000,
      expected: 25),
    Row(
      name: "decode times before the grid", timescale: 90_000, ticks: 3000, frames: [30, 30],
      each: 30, shift: -6000, expected: 30),
    Row(
      name: "variable duration", timescale: 90_000, ticks: 3000, frames: [30, 90, 47], each: 30,
      expected: nil),
    Row(
      name: "numbers that are no times", timescale: 90_000, ticks: 3000, frames: [30, 30],
      each: 30, shift: 90_000 * 3600, expected: nil),
  ]

  @Test("segments show their duration", arguments: rows)
  func segmentation(row: Row) throws {
    let track = try Self.video(
      timescale: row.timescale, ticks: row.ticks,
      Self.segments(
        1_795_000_000 * 30 / row.each, frames: row.frames, each: row.each, ticks: row.ticks,
        shift: row.shift))
    let found = try #require(track.segmentation)
    #expect(found.hasVariableDuration == (row.expected == nil))
    if let expected = row.expected { #expect(found.framesPerSegment == expected) }
    #expect(found.grid.rate.ticksPerFrame == row.ticks)
  }

  @Test("frames that fit no rate have no segmentation")
  func unfit() throws {
    let track = try Self.video(
      timescale: 1000, ticks: 33, Self.segments(1_795_000_000, frames: [30], each: 30, ticks: 33))
    #expect(track.segmentation == nil)
    #expect(RecordedTrack.descriptions(of: [track]).isEmpty)
  }

  @Test("the largest video is first, then audio by its name; renditions of another time are none")
  func order() throws {
    let segments = Self.segments(1_795_000_000, frames: [30], each: 30, ticks: 3000)
    func video(_ name: String, _ height: UInt16, end: Int64 = 1_795_000_000) throws
      -> RecordedTrack
    {
      try Self.video(
        name, width: height * 2, height: height, timescale: 90_000, ticks: 3000, segments,
        end: end)
    }
    func audio(_ name: String) throws -> RecordedTrack {
      try #require(
        RecordedTrack(
          name: name, header: SharedBytes(HeaderBytes.audio(Language("eng"), timescale: 48_000)),
          segments: [.init(number: 1_795_000_000, decodeTime: 0, duration: 48_128, size: 16_000)],
          frameTicks: 1024, end: .origin + .seconds(1_795_000_000)))
    }
    let found = RecordedTrack.descriptions(of: [
      try audio("b"), try video("low", 180), try audio("a"), try video("high", 720),
      try video("former", 1080, end: 1_794_990_000),
    ])
    #expect(found.map(\.rendition) == ["high", "low", "a", "b"])
    #expect(found.map(\.isDefault) == [false, false, true, false])
    #expect(found[0].size == VideoSize(width: 1440, height: 720))
    #expect(found[2].language == Language("eng") && found[2].codecs == "mp4a.40.2")
    // 1000 bytes per second of video, 16,000 in 48,128 samples of audio.
    #expect(found.map(\.bandwidth) == [8000, 8000, 127_659, 127_659])
    // The session had another order, and other renditions too.
    let known = RenditionOrder(names: ["low", "gone", "high", "b"], defaultAudio: "b")
    let ordered = RecordedTrack.descriptions(
      of: [try audio("a"), try audio("b"), try video("high", 720), try video("low", 180)],
      in: known)
    #expect(ordered.map(\.rendition) == ["low", "high", "b", "a"])
    #expect(ordered.map(\.isDefault) == [false, false, true, false])
    let silent = RenditionOrder(names: ["high"], defaultAudio: "gone")
    let other = RecordedTrack.descriptions(
      of: [try audio("b"), try audio("a"), try video("high", 720)], in: silent)
    #expect(other.map(\.isDefault) == [false, true, false])
  }

  @Test("an order is read as it was written; a damaged text is none")
  func orderText() {
    let order = RenditionOrder(names: ["video", "low", "audio", "nl"], defaultAudio: "audio")
    #expect(order.text == "streamer-renditions-1\nvideo\nlow\naudio default\nnl\nend\n")
    #expect(RenditionOrder(order.text) == order)
    // The line feed at the end is not needed.
    for cut in 0..<order.text.count - 1 {
      #expect(RenditionOrder(String(order.text.prefix(cut))) == nil)
    }
    #expect(RenditionOrder("streamer-renditions-1\na b\nend\n") == nil)
    #expect(RenditionOrder("streamer-renditions-1\na default default\nend\n") == nil)
  }

  @Test("the window of a recording has left all media behind")
  func window() throws {
    let track = try Self.video(
      timescale: 90_000, ticks: 3000,
      Self.segments(1_795_000_000, frames: [30, 30], each: 30, ticks: 3000))
    let description = try #require(RecordedTrack.descriptions(of: [track]).first)
    // The clock of the media was 250 ms late.
    let end = WallTime.origin + .seconds(1_795_000_002) + .milliseconds(250)
    let window = LiveWindow.recorded(description, until: 1_795_000_001, end: end)
    let snapshot = window.snapshot
    #expect(snapshot.state == .ended && snapshot.track?.headerHash == description.headerHash)
    #expect(snapshot.segments.map(\.number) == [1_795_000_002])
    #expect(snapshot.segments.first?.programDateTime == end)
    guard case .before = snapshot.position(of: end - .milliseconds(1), window.segmentation) else {
      Issue.record("the last frame has not left the window")
      return
    }
    guard case .never = snapshot.position(of: end + .seconds(5), window.segmentation) else {
      Issue.record("there is media after the end")
      return
    }
    guard case .evicted = snapshot.availability(of: 1_795_000_001, window.segmentation) else {
      Issue.record("the last segment has not left the window")
      return
    }
  }
}
