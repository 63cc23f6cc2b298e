// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import Sharing
import TestSupport
import Testing
import Time

@testable import Packaging
@testable import Streams

/// A name keeps its bytes and numbers do not fall, with each kind of session after each other one.
@Suite("Names of successive sessions, RFC 8216bis §6.2.2")
struct NumbersOfSessionsTests {
  enum Kind: CaseIterable { case encoded, encodedWithoutPrefill, passed, variable }

  /// The stream over its sessions, as a client sees it that requests everything.
  private struct Stream {
    static let epoch = WallTime(nanoseconds: 1_795_155_720_000_000_000)
    static let playlistLength = 10

    /// The bytes of each name that was answered.
    var contents: [String: String] = [:]
    /// The number of each frame that a session has published.
    var numbers: [String: Int64] = [:]
    /// The Discontinuity Sequence Number of each listed segment.
    var sequences: [Int64: Int64] = [:]
    var mediaSequence = Int64.min
    var discontinuitySequence = Int64.min
    var newest = Int64.min
    var end: WindowEnd?
    var sessions = 0
    var faults: [String] = []

    mutating func expect(_ isRight: Bool, _ fault: @autoclosure () -> String) {
      if !isRight, faults.count < 5 { faults.append("session \(sessions): \(fault())") }
    }

    /// Requests the media of a window: all of it after the start of a segment, then the open
    /// segment after each of its parts.
    mutating func request(_ window: LiveWindow) {
      let snapshot = window.snapshot
      guard snapshot.state == .live else { return }
      let isOpen = snapshot.open.map { $0.chunks.count > 1 } ?? false
      guard !isOpen || snapshot.open?.unfinishedPartChunks.isEmpty != false else { return }
      func text(_ chunks: [Chunk]) -> String {
        chunks.map { String(decoding: $0.bytes.array, as: UTF8.self) }.joined()
      }
      var served: [(name: String, bytes: String)] = []
      var content = isOpen ? [] : snapshot.segments.map(\.content)
      served += content.map { ("\($0.number)", text($0.chunks)) }
      if let open = snapshot.open { content.append(open) }
      for segment in content {
        served += segment.parts.map { ("\(segment.number).\($0.index)", text($0.chunks)) }
        let header = snapshot.track(of: segment.period).map { $0.header.array } ?? []
        served.append(("header of \(segment.number)", String(decoding: header, as: UTF8.self)))
        for chunk in segment.chunks {
          let frame = text([chunk])
          let number = numbers[frame, default: segment.number]
          expect(number == segment.number, "\(frame) is in \(number) and \(segment.number)")
          numbers[frame] = number
        }
      }
      for (name, bytes) in served {
        let known = contents[name, default: bytes]
        expect(known == bytes, "\(name) has other bytes: \(known.prefix(40)), \(bytes.prefix(40))")
        contents[name] = bytes
      }
      follow(snapshot)
    }

    /// Compares a playlist with the ones before.
    private mutating func follow(_ snapshot: WindowSnapshot) {
      // Before its first segment a window has no playlist.
      guard let first = snapshot.listed.first?.number else { return }
      let (before, now) = (newest, snapshot.newestSegment)
      expect(now >= before, "the newest number falls from \(before) to \(now)")
      newest = now
      let listed = mediaSequence
      expect(first >= listed, "EXT-X-MEDIA-SEQUENCE falls from \(listed) to \(first)")
      var sequence = snapshot.discontinuitySequence
      expect(sequence >= discontinuitySequence, "EXT-X-DISCONTINUITY-SEQUENCE falls")
      (mediaSequence, discontinuitySequence) = (first, sequence)
      let all = snapshot.listed.map(\.content) + [snapshot.open].compactMap(\.self)
      for (segment, next) in zip(all, all.dropFirst()) {
        expect(next.number == segment.number + 1, "\(next.number) follows \(segment.number)")
      }
      for segment in all {
        sequence += segment.startsDiscontinuity ? 1 : 0
        let known = sequences[segment.number, default: sequence]
        expect(known == sequence, "\(segment.number) has sequence \(known) and \(sequence)")
        sequences[segment.number] = sequence
      }
    }
  }

  private static func segmentation(_ kind: Kind) -> Segmentation {
    Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
      maximumGroupMicroseconds: kind == .variable ? 4_000_000 : nil)
  }

  private static func segment(_ segmentation: Segmentation, at time: Interval) -> Int64 {
    segmentation.segment(
      of: segmentation.grid.atOrAfter(MediaTime(Stream.epoch + time, plus: .zero)))
  }

  /// The window of the next session.
  private static func window(
    _ configuration: StreamConfiguration, _ stream: Stream
  ) throws -> LiveWindow {
    let segmentation = TrackSegmentation.video(configuration.segmentation)
    let media = configuration.earlier?.media(for: [("video", segmentation)], nil)
    let window = LiveWindow(
      segmentation: segmentation, playlistLength: Stream.playlistLength, retained: 20,
      after: configuration.earlier, with: media?["video"])
    window.describe(
      TrackDescription(
        rendition: "video", codecs: "avc1.64001e", bandwidth: 1_034_000,
        size: try #require(VideoSize("64x64")), segmentation: configuration.segmentation,
        // Every second session has the header of the first one.
        header: Array("header \(stream.sessions % 2)".utf8)))
    return window
  }

  /// Runs a session from `start` for `duration`, whose source sent its first key frame at `key`.
  ///
  /// - Returns: the first segment of the session; nil if it had none.
  private static func run(
    _ kind: Kind, from start: Interval, key: Interval, for duration: Interval,
    _ stream: inout Stream
  ) throws -> Int64? {
    stream.sessions += 1
    let segmentation = segmentation(kind)
    var configuration = StreamConfiguration(
      size: try #require(VideoSize("64x64")), segmentation: segmentation)
    configuration.passesThrough = kind == .passed || kind == .variable
    configuration.prefill = kind == .encoded ? Stream.playlistLength : 0
    configuration.earlier = stream.end
    let current = segment(segmentation, at: start)
    let first = SessionAnchor.first(configuration, current, segment(segmentation, at: key))
    let window = try window(configuration, stream)
    defer {
      let names = MediaNames(.epoch, first: first)
      stream.end = WindowEnd([("video", window)], names) ?? stream.end
    }
    let countsOn = kind == .variable && configuration.earlier != nil
    return configuration.passesThrough
      ? try pass(
        window, first: first, countsOn: countsOn, key: key, until: start + duration, &stream)
      : encode(window, first: first, current: current, until: start + duration, &stream)
  }

  private static func chunk(
    _ frame: Int64, in segment: Int64?, _ label: String, _ segmentation: Segmentation,
    isKey: Bool
  ) -> Chunk {
    let time = WallTime(segmentation.grid.frameTime(of: frame), plus: .zero)
    return Chunk(
      frameIndex: frame, segment: segment, isIndependent: isKey,
      duration: segmentation.grid.rate.ticksPerFrame, captured: time, published: time,
      bytes: SharedBytes("<\(label)>"))
  }

  /// Slate up to the present, then frames.
  private static func encode(
    _ window: LiveWindow, first: Int64, current: Int64, until end: Interval, _ stream: inout Stream
  ) -> Int64? {
    let segmentation = window.segmentation.video
    let last = segmentation.grid.atOrAfter(MediaTime(Stream.epoch + end, plus: .zero))
    let start = segmentation.firstFrame(of: first)
    guard start < last else { return nil }
    func chunk(_ frame: Int64) -> Chunk {
      Self.chunk(
        frame, in: nil, "\(stream.sessions): \(frame)", segmentation,
        isKey: segmentation.position(of: frame) == 0)
    }
    let live = min(last, max(start, segmentation.firstFrame(of: current)))
    for frame in start..<live { window.appendPrefill(chunk(frame)) }
    window.goLive()
    stream.request(window)
    for frame in live..<last {
      window.publish(chunk(frame))
      stream.request(window)
    }
    return first
  }

  private static func pass(
    _ window: LiveWindow, first: Int64, countsOn: Bool, key: Interval, until end: Interval,
    _ stream: inout Stream
  ) throws -> Int64? {
    let segmentation = window.segmentation.video
    var schedule = PassThroughSchedule(
      segmentation: segmentation, first: first, startsAtFirst: countsOn)
    window.goLive()
    stream.request(window)
    var begun: Int64?
    for index in Int64(0)... {
      let time = key + .seconds(index) / 30
      guard time < end else { break }
      let position = schedule.assign(
        pts: .origin + time, isKey: index % 30 == 0, captured: Stream.epoch + time,
        arrival: .origin + .seconds(9) + time)
      guard let position else { continue }
      // A frame is the same in every session that publishes it.
      let chunk = Self.chunk(
        position.frameIndex, in: position.segment, "frame at \(time.milliseconds)", segmentation,
        isKey: index % 30 == 0)
      if let period = position.periodStart {
        window.begin([chunk], offset: period.offset, skipped: begun == nil ? 0 : period.skipped)
      } else {
        window.publish(chunk, offset: position.offset)
      }
      begun = begun ?? position.segment
      stream.request(window)
    }
    return begun
  }

  /// Whether the second session lists the segments of the first one.
  private static func continues(_ one: Kind, _ two: Kind, pause: Int64) -> Bool {
    (one != .variable || two == .variable) && pause < 2000
  }

  @Test(
    "a name keeps its bytes, and no number falls, over three sessions",
    arguments: Kind.allCases, Kind.allCases)
  func sessions(one: Kind, two: Kind) throws {
    for (index, third) in Kind.allCases.enumerated() {
      for phase in stride(from: Int64(index), to: 40, by: TestLength.of(short: 40, long: 1)) {
        for pause in [0, 400, 1600, 12_000] as [Int64] {
          var stream = Stream()
          var start = Interval.milliseconds(500_000 + phase * 37)
          _ = try Self.run(
            one, from: start, key: start - .milliseconds(phase * 31),
            for: .milliseconds(4000 + phase * 53), &stream)
          start += .milliseconds(4000 + phase * 53 + pause)
          let (before, kept) = (stream.newest, stream.contents)
          // The first key frame after the end of the session before.
          var key = start + .milliseconds(phase * 47 % 1000)
          let begun = try Self.run(two, from: start, key: key, for: .seconds(15), &stream)
          #expect(try #require(begun) > before)
          // It plays, and is with the clock again.
          let due = (Stream.epoch + start + .seconds(15)).nanoseconds / 1_000_000_000
          if two != .variable { #expect((stream.newest - due).magnitude <= 1) }
          if two == .variable { #expect(begun == before + 1) }
          #expect(stream.newest > before + 10)
          if Self.continues(one, two, pause: pause) {
            let sequences = stream.sequences
            let next = sequences[before].map { $0 + 1 }
            #expect(next != nil && sequences[before + 1] == next)
          }
          #expect(kept.allSatisfy { stream.contents[$0.key] == $0.value })
          start += .milliseconds(15_000 + phase * 29)
          key = start + .milliseconds(phase * 91 % 1000)
          _ = try Self.run(third, from: start, key: key, for: .seconds(5), &stream)
          #expect(
            stream.faults.isEmpty, "\(third), phase \(phase), pause \(pause): \(stream.faults)")
        }
      }
    }
  }
}
