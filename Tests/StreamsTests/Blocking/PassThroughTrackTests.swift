// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture
@testable import Streams

@Suite("A passed-through track", .blocking)
struct PassThroughTrackTests {
  private static let frame: Interval = 33_333_333

  /// A source: access units with one IDR per second, or with `keys`, and its parameter sets.
  struct Source {
    let video: InputDescription.Video
    let units: [AccessUnit]

    /// `count` access units of a size, the first captured at the monotonic time `begin`.
    init(
      _ size: String, count: Int64, from begin: MonotonicTime, keys: Set<Int64>? = nil,
      rate: FrameRate = .thirty
    ) throws {
      let step = rate.frameDuration
      let size = try #require(VideoSize(size))
      var encoder = try VideoEncoder(
        EncoderSettings(size: size, rate: rate, bitrateKilobits: 400, preset: "ultrafast"))
      let pattern = try TestPattern(size: size)
      var units: [AccessUnit] = []
      for index in 0..<count {
        let coded = try encoder.encode(
          pattern.draw(frame: index, milliseconds: index * 33), pts: index * rate.ticksPerFrame,
          independent: keys?.contains(index) ?? (index % 30 == 0))
        units += coded.map { frame in
          AccessUnit(
            bytes: frame.bytes, parameterSets: [], isKey: frame.isIndependent,
            pts: .origin + index * step, dts: nil, arrival: begin + index * step, senderTime: nil)
        }
      }
      self.units = units
      video = InputDescription.Video(
        passThroughCodec: .h264, codec: "h264", width: size.width, height: size.height,
        rate: rate,
        parameterSets: encoder.parameterSets.sps + encoder.parameterSets.pps, configuration: [])
    }

    func send(to track: PassThroughTrack) {
      for unit in units { track.take(unit, [video], captured: unit.arrival) }
    }
  }

  /// A track; with `facts`, of a publisher that is encoded at the rate of the session if its own is
  /// another one.
  private func track(
    _ size: String, keeping facts: SourceFacts? = nil
  ) throws -> (PassThroughTrack, LiveWindow) {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(
      size: try #require(VideoSize(size)), segmentation: segmentation)
    configuration.passesThrough = true
    if let facts { (configuration.source, configuration.keepsRate) = (.network(facts), true) }
    let window = LiveWindow(segmentation: .video(segmentation), playlistLength: 10, retained: 20)
    let now = MediaTime(SystemClock.monotonicTime, plus: SystemClock.wallMinusMonotonic)
    let track = PassThroughTrack(
      configuration, windows: [window],
      // Not after the first IDR, whose frame is the one before its time.
      first: segmentation.segment(of: segmentation.grid.nearest(now)) - 1,
      statistics: Locked(StreamStatistics()), log: Log(format: .text, least: .error) { _ in })
    return (track, window)
  }

  @Test("a next publisher with B-frames ends the session with the reason; nothing follows")
  func unfit() throws {
    let (track, window) = try track("320x180")
    let begin = SystemClock.monotonicTime
    let source = try Source("320x180", count: 65, from: begin)
    let reasons = Locked<[String]>([])
    try track.open([source.video]) { outcome in
      if case .unfit(let reason) = outcome { reasons.withLock { $0.append(reason) } }
    }
    source.send(to: track)
    track.breakOff()
    let published = window.snapshot.open?.chunks.count
    var isTaken = true
    for (index, unit) in source.units.enumerated() where isTaken {
      var unit = unit
      // Each second frame is shown before the one ahead of it.
      if index > 0 { unit.pts += Self.frame * (index % 2 == 0 ? -1 : 1) }
      isTaken = track.take(unit, [source.video], captured: unit.arrival + .seconds(5))
      #expect(index < 5 || !isTaken)
    }
    #expect(reasons.withLock { $0 } == ["the stream has B-frames"])
    source.send(to: track)
    #expect(window.snapshot.open?.chunks.count ?? 0 <= (published ?? 0) + 4)
  }

  /// The frames that a session of 30 frames per second takes of a next publisher, and how it ends.
  private func next(
    _ rate: FrameRate, stated: FrameRate?
  ) throws -> (taken: Int, published: Int, reason: String?, video: InputDescription.Video?) {
    let begin = SystemClock.monotonicTime
    let one = try Source("320x180", count: 31, from: begin)
    let facts = SourceFacts(
      description: InputDescription(format: "flv", video: one.video, isPaced: false), rate: .thirty,
      inputDelay: .zero, audioDelay: .zero, passThrough: .undecided, peakBitrate: 0,
      firstCapture: nil)
    let (track, window) = try track("320x180", keeping: facts)
    let ends = Locked<[(String, InputDescription.Video)]>([])
    try track.open([one.video]) { outcome in
      if case .otherRate(let reason, let facts) = outcome {
        ends.withLock { $0.append((reason, facts.description.video)) }
      }
    }
    one.send(to: track)
    track.breakOff()
    func count() -> Int {
      let snapshot = window.snapshot
      return (snapshot.segments.flatMap(\.chunks) + (snapshot.open?.chunks ?? [])).count
    }
    let before = count()
    let two = try Source("480x270", count: 90, from: begin + .seconds(5), rate: rate)
    var video = two.video
    (video.rate, video.width, video.height) = (stated, 0, 0)
    var taken = 0
    for unit in two.units {
      guard track.take(unit, [video], captured: unit.arrival) else { break }
      taken += 1
    }
    let end = ends.withLock { $0.first }
    return (taken, count() - before, end?.0, end?.1)
  }

  @Test("a next publisher of another rate that it states ends the session before its first frame")
  func otherRate() throws {
    let rate = try #require(FrameRate(25))
    let found = try next(rate, stated: rate)
    #expect(found.taken == 8 && found.published == 0)
    #expect(found.reason == "25 frames per second follow 30")
    let size = try #require(VideoSize("480x270"))
    #expect(found.video?.size == size, "the next session has its size")
    // A rate that is not that of the frames decides nothing.
    let wrong = try next(.thirty, stated: rate)
    #expect(wrong.reason == nil && wrong.published == 90)
  }

  @Test("a next publisher of another rate that it does not state ends the session after a group")
  func unstatedRate() throws {
    let found = try next(try #require(FrameRate(25)), stated: nil)
    #expect((26...60).contains(found.taken))
    #expect(found.reason?.contains("the grid of 30") == true)
    #expect(found.video?.size == VideoSize("480x270"))
  }

  @Test("a session that ends at a key frame has all frames before it, and none after")
  func endsAtKeyFrame() throws {
    let (track, window) = try track("320x180")
    let source = try Source("320x180", count: 65, from: SystemClock.monotonicTime)
    let ends = Locked(0)
    try track.open([source.video]) { if case .tracksChanged = $0 { ends.withLock { $0 += 1 } } }
    var taken: [Bool] = []
    for (index, unit) in source.units.enumerated() {
      if index == 40 { track.end(atKeyFrame: .tracksChanged) }
      taken.append(track.take(unit, [source.video], captured: unit.arrival))
    }
    #expect(taken == (0..<65).map { $0 < 60 })
    #expect(ends.withLock { $0 } == 1)
    let snapshot = window.snapshot
    let last = (snapshot.segments.flatMap(\.chunks) + (snapshot.open?.chunks ?? [])).count
    #expect(last == 60)
  }

  @Test("a file is not examined: it was analysed as a whole")
  func paced() throws {
    let (track, _) = try track("320x180")
    let source = try Source("320x180", count: 150, from: SystemClock.monotonicTime, keys: [0])
    let ends = Locked(0)
    try track.open([source.video]) { if case .unfit = $0 { ends.withLock { $0 += 1 } } }
    for unit in source.units {
      track.take(unit, [source.video], captured: unit.arrival, isPaced: true)
    }
    #expect(ends.withLock { $0 } == 0)
  }

  private func file(_ header: SharedBytes, _ segments: some Sequence<Segment>) throws -> DecodedFile
  {
    try DecodedFile(header.array + segments.flatMap(\.chunks).flatMap(\.bytes.array))
  }

  @Test("all frames are decodable, from the first IDR on")
  func whole() throws {
    let (track, window) = try track("320x180")
    let source = try Source("320x180", count: 95, from: SystemClock.monotonicTime)
    try track.open([source.video])
    source.send(to: track)
    let snapshot = window.snapshot
    #expect(snapshot.segments.map(\.chunks.count) == [30, 30, 30])
    #expect(snapshot.open?.chunks.count == 5)
    let decoded = try file(try #require(snapshot.track).header, snapshot.segments)
    #expect(decoded.errors.isEmpty && decoded.frames == 90)
    #expect(decoded.keys == (0..<90).map { $0 % 30 == 0 })
  }

  @Test("a source that returns with another size: gaps, one discontinuity, another header")
  func another() throws {
    let (track, window) = try track("320x180")
    let begin = SystemClock.monotonicTime
    let one = try Source("320x180", count: 40, from: begin)
    try track.open([one.video])
    one.send(to: track)
    track.breakOff()
    let two = try Source("480x270", count: 65, from: begin + 5_000_000_000)
    // The Discontinuity is listed with its first whole part.
    for unit in two.units.prefix(2) { track.take(unit, [two.video], captured: unit.arrival) }
    #expect(window.snapshot.segments.count == 1)
    for unit in two.units.dropFirst(2) { track.take(unit, [two.video], captured: unit.arrival) }
    let snapshot = window.snapshot
    let discontinuities = snapshot.segments.filter(\.startsDiscontinuity)
    #expect(discontinuities.count == 1)
    #expect(
      snapshot.segments.map(\.number)
        == (0..<Int64(snapshot.segments.count)).map {
          snapshot.segments[0].number + $0
        })
    #expect(snapshot.segments.count(where: \.isGap) >= 3)
    let after = try #require(snapshot.segments.last)
    let header = try #require(snapshot.track(of: after.period)).header
    let old = try #require(snapshot.track(of: snapshot.segments[0].period)).header
    #expect(header.array != old.array)
    let decoded = try file(header, snapshot.segments.suffix(2))
    #expect(decoded.errors.isEmpty && decoded.frames == 60)
    let before = try file(old, snapshot.segments.prefix(2))
    #expect(before.errors.isEmpty && before.frames == 40)
    // Players that read only the first header find the size in the key frames.
    let both = try file(old, snapshot.segments)
    #expect(both.errors.isEmpty && both.frames == 100)
  }
}
