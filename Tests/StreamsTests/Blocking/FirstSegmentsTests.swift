// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Scheduling
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture
@testable import Streams

@Suite("The first segments of a passed-through input", .blocking)
struct FirstSegmentsTests {
  private static let frame: Interval = 33_333_333
  private static let begin: MonotonicTime = 5_000_000_000_000

  /// An input in its survey, and the session that begins when the facts are known.
  private final class Session {
    let input: PulledInput
    let source: PassThroughTrackTests.Source
    let description: InputDescription
    var stage: any InputStage
    var windows: [LiveWindow] = []
    var window: LiveWindow? { windows.last }
    private let turned = Locked(false)
    var isIrregular: Bool { turned.withLock { $0 } }
    var audio: [MonotonicTime] = []
    /// The unit with which the facts became known.
    var known: Int?

    init(count: Int64, delays: [Int64: Interval] = [:], keys: Set<Int64>? = nil) throws {
      source = try PassThroughTrackTests.Source(
        "320x180", count: count, from: begin, keys: keys)
      input = PulledInput(
        try #require(InputAddress("udp://127.0.0.1:1")), options: InputOptions(), loops: false,
        takesAudio: true,
        passThrough: PassThroughOptions(
          segmentMicroseconds: 1_000_000, maximumGroupTime: 4_000_000_000),
        name: "live", log: Log(format: .text, least: .error) { _ in })
      description = InputDescription(
        format: "mpegts", video: source.video,
        audio: .init(codec: "aac", sampleRate: 48_000, channels: 2, configuration: []),
        isPaced: false)
      stage = SurveyStage(input)
      for (index, unit) in source.units.enumerated() {
        var unit = unit
        unit.arrival += delays[Int64(index)] ?? .zero
        let packet = AudioPacket(bytes: [0], pts: unit.pts, arrival: unit.arrival)
        for unit in [InputUnit.video(unit), .audio(packet)] {
          if case .become(let next) = try stage.take(unit, description) { stage = next }
        }
        if let facts = input.facts, known == nil {
          known = index
          try attach(facts)
        }
        if let facts = input.facts, isIrregular, windows.count == 1 {
          try attach(facts, after: WindowEnd([("video", windows[0])], MediaNames(.epoch, first: 1)))
        }
      }
    }

    private func attach(_ facts: SourceFacts, after earlier: WindowEnd? = nil) throws {
      let segmentation = Segmentation(
        rate: facts.rate, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
        maximumGroupMicroseconds: earlier == nil ? nil : 4_000_000)
      var configuration = StreamConfiguration(
        size: try #require(facts.description.video.size), segmentation: segmentation)
      configuration.passesThrough = true
      configuration.source = .network(facts)
      let media = earlier?.media(for: [("video", .video(segmentation))], nil)
      let window = LiveWindow(
        segmentation: .video(segmentation), playlistLength: 10, retained: 20, after: earlier,
        with: media?["video"])
      windows.append(window)
      let track = PassThroughTrack(
        configuration, windows: [window], first: earlier.map { $0.segment + 1 } ?? 0,
        startsAtFirst: earlier != nil, statistics: Locked(StreamStatistics()),
        log: Log(format: .text, least: .error) { _ in })
      try track.open([facts.description.video]) { [turned] _ in turned.withLock { $0 = true } }
      let heard = Locked<[MonotonicTime]>([])
      input.attach(
        InputTarget(
          video: .accessUnits(to: track), statistics: Locked(StreamStatistics()),
          audio: { _, _, captured in heard.withLock { $0.append(captured) } }))
      self.heard = heard
    }

    private var heard = Locked<[MonotonicTime]>([])
    var audioTimes: [MonotonicTime] { heard.withLock { $0 } }
  }

  @Test("the second key frame makes the facts known, and the first segment is complete with it")
  func secondKey() throws {
    let session = try Session(count: 32)
    #expect(session.known == 30)
    let snapshot = try #require(session.window).snapshot
    #expect(snapshot.segments.map(\.chunks.count) == [30])
    #expect(snapshot.open?.chunks.count == 2)
    guard case .fits(let fit)? = session.input.facts?.passThrough else {
      Issue.record("not passed through")
      return
    }
    #expect(fit.segmentFrames == 30 && !fit.hasVariableDuration)
  }

  @Test("kept access units and audio have the capture times of their arrival")
  func captureTimes() throws {
    // A late arrival is not a late capture.
    let session = try Session(count: 40, delays: [3: 30_000_000, 17: 25_000_000])
    let snapshot = try #require(session.window).snapshot
    let chunks = snapshot.segments.flatMap(\.chunks) + (snapshot.open?.chunks ?? [])
    #expect(chunks.count == 40)
    let first = try #require(chunks.first).captured
    #expect(abs(first.offset(from: Self.begin) - SystemClock.wallMinusMonotonic) < 1_000_000)
    for (index, chunk) in chunks.enumerated() {
      #expect(abs(chunk.captured - first - Int64(index) * Self.frame) < .microseconds(20))
    }
    #expect(session.audioTimes.count >= 39)
    #expect(session.audioTimes.first == Self.begin)
  }

  private func unit(_ index: Int64, isKey: Bool, size: Int = 10) -> InputUnit {
    .video(
      AccessUnit(
        bytes: [UInt8](repeating: 0, count: size), parameterSets: [], isKey: isKey,
        pts: .origin + index * Self.frame, dts: nil, arrival: .origin + index * Self.frame,
        senderTime: nil))
  }

  @Test("the session after one that turned irregular lists its segments, and no frame again")
  func irregular() throws {
    // Key frame 90 is an ordinary frame, and so is 130.
    let keys: Set<Int64> = [0, 30, 60, 100, 142, 190, 230]
    let session = try Session(count: 245, keys: keys)
    #expect(session.isIrregular)
    let before = try #require(session.windows.first).snapshot
    // By its time, 100 may be two numbers after 60.
    func lengths(_ snapshot: WindowSnapshot) -> [Int] {
      snapshot.segments.map(\.chunks.count).filter { $0 > 0 }
    }
    #expect(lengths(before) == [30, 30, 30, 30])
    #expect(before.open == nil)
    let after = try #require(session.windows.last).snapshot
    #expect(session.windows.count == 2)
    #expect(lengths(after) == [30, 30, 30, 30, 48, 40])
    #expect(after.open?.chunks.count == 15)
    for (left, right) in zip(before.segments, after.segments) {
      #expect(left.number == right.number && left.period == right.period)
      #expect(left.parts.map(\.chunks.count) == right.parts.map(\.chunks.count))
      #expect(left.chunks.map(\.bytes.array) == right.chunks.map(\.bytes.array))
    }
    let numbers = after.segments.map(\.number)
    #expect(numbers == numbers.indices.map { numbers[0] + Int64($0) })
    // The keys of 100 and 142 begin periods.
    #expect(after.segments.count { $0.startsDiscontinuity } == 2)
    #expect(after.segment(before.newestSegment + 1)?.startsDiscontinuity == true)
    let times = (after.segments.flatMap(\.chunks) + (after.open?.chunks ?? [])).map(\.captured)
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test("with a span the newest GOPs that cover it are kept")
  func span() {
    var kept = KeptUnits(span: .seconds(2))
    for index in Int64(0)..<160 { kept.add(unit(index, isKey: index % 30 == 0)) }
    // The newest key frame is 150: 90 is 20 ns less than 2 s before it.
    #expect(kept.first?.pts == .origin + 60 * Self.frame && kept.units.count == 100)
  }

  @Test("kept access units keep the description with which they arrived")
  func descriptions() throws {
    func description(_ set: UInt8) -> InputDescription {
      InputDescription(
        format: "flv",
        video: InputDescription.Video(
          passThroughCodec: .h264, codec: "h264", width: 64, height: 64, rate: nil,
          parameterSets: [[0x67, set]], configuration: []), audio: nil, isPaced: false)
    }
    var kept = KeptUnits(span: .seconds(2))
    for index in Int64(0)..<160 {
      // The sets change with the key frame 90, and are announced two frames before it.
      kept.add(unit(index, isKey: index % 30 == 0), description(index < 88 ? 1 : 2))
    }
    func sets(_ units: [(unit: InputUnit, description: InputDescription)]) -> [UInt8] {
      units.map { $0.description.video.parameterSets[0][1] }
    }
    #expect(kept.description?.video.parameterSets == [[0x67, 1]])
    #expect(
      sets(kept.described(description(2)))
        == [UInt8](repeating: 1, count: 30) + [UInt8](repeating: 2, count: 70))
    for index in Int64(160)..<220 {
      kept.add(unit(index, isKey: index % 30 == 0), description(3))
    }
    #expect(kept.description?.video.parameterSets == [[0x67, 2]])
    #expect(sets(kept.described(description(3))).last == 3)
  }

  @Test("access units of a burst after a silence keep the description with which they arrived")
  func burst() throws {
    let session = try Session(count: 32)
    let one = try PassThroughTrackTests.Source("320x180", count: 90, from: Self.begin)
    let two = try PassThroughTrackTests.Source(
      "480x270", count: 40, from: Self.begin + 90 * Self.frame)
    let changed = InputDescription(
      format: "mpegts", video: two.video, audio: session.description.audio, isPaced: false)
    // The size changes with frame 90, and all frames before 100 arrive at once.
    let units =
      one.units.dropFirst(32).map { ($0, session.description) }
      + two.units.map { unit in
        var unit = unit
        unit.pts += 90 * Self.frame
        return (unit, changed)
      }
    session.stage.connected()
    for (unit, description) in units {
      var unit = unit
      unit.arrival = max(unit.arrival, Self.begin + 100 * Self.frame)
      _ = try session.stage.take(.video(unit), description)
    }
    let snapshot = try #require(session.window).snapshot
    #expect(snapshot.segments.map(\.chunks.count) == [30, 30, 30, 30])
    #expect(snapshot.open?.chunks.count == 10)
    let headers = snapshot.segments.map { snapshot.track(of: $0.period)?.header.array }
    #expect(headers.map { $0 == headers[0] } == [true, true, true, false])
  }

  @Test("audio that is described after the first key frame has its description when it is replayed")
  func laterAudio() {
    func description(hasAudio: Bool) -> InputDescription {
      let audio = InputDescription.Audio(
        codec: "ac3", sampleRate: 48_000, channels: 2, configuration: [])
      return InputDescription(
        format: "mp4",
        video: InputDescription.Video(
          passThroughCodec: .h264, codec: "h264", width: 64, height: 64, rate: nil,
          parameterSets: [], configuration: []), audio: hasAudio ? audio : nil, isPaced: false)
    }
    var kept = KeptUnits()
    for index in Int64(0)..<20 {
      kept.add(unit(index, isKey: index == 0), description(hasAudio: index >= 3))
    }
    let counts = kept.described(description(hasAudio: true)).map(\.description.audioTracks.count)
    #expect(counts == [0, 0, 0] + [Int](repeating: 1, count: 17))
  }

  @Test("frames before the first key frame are not kept, and too many units are dropped")
  func limits() throws {
    var kept = KeptUnits()
    for index in Int64(0)..<10 { kept.add(unit(index, isKey: index == 4)) }
    #expect(kept.units.count == 6 && kept.first?.pts == .origin + 4 * Self.frame)
    for index in Int64(10)..<18 { kept.add(unit(index, isKey: false, size: 10 << 20)) }
    #expect(kept.first == nil, "64 MiB are the limit")
  }
}
