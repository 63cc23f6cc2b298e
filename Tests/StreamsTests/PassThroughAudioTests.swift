// SPDX-License-Identifier: Apache-2.0

import CMAF
import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture
@testable import Streams

@Suite("Audio beside pass-through video")
struct PassThroughAudioTests {
  static let second: Interval = 1_000_000_000
  static let frame: Interval = 33_333_333

  /// A source with a clock of its own, and the windows of the stream that packages it.
  final class Simulation {
    let segmentation: AudioSegmentation
    let video: LiveWindow
    let audio: LiveWindow
    private let track: PassThroughTrack
    private let queue: AudioQueue
    private var pipeline: AudioTrackPipeline
    private var clock = SourceClock()
    /// AAC frames of silence, with two channels and with one.
    private let silences: [[UInt8]]
    private(set) var now: MonotonicTime
    /// The capture times of the video and AAC frames that were sent, by their marks.
    private var moments: [Int: MonotonicTime] = [:]
    var format: InputDescription.Audio
    private var aacFrame: Interval { .seconds(1024) / Int64(format.sampleRate) }

    init(
      gracePeriod: Interval = .milliseconds(60), aac: [UInt8] = [0x11, 0x90],
      sampleRate: Int = 48_000, channels: Int = 2, former: AudioEncoderSettings? = nil,
      later: Interval = .zero, maximumGroupTime: Int64? = nil
    ) throws {
      let video = Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
        maximumGroupMicroseconds: maximumGroupTime)
      var configuration = StreamConfiguration(size: .hd720, segmentation: video)
      configuration.passesThrough = true
      format = InputDescription.Audio(
        codec: "aac", sampleRate: sampleRate, channels: channels, configuration: aac)
      configuration.audioTracks = [AudioTrackSettings(format)]
      if let former { configuration.keepAudio(of: [AudioTrackSettings.defaultName: former]) }
      let (output, window) = try configuration.audioOutput(retained: 4000)
      (segmentation, queue, audio) = (output.segmentation, output.queue, window)
      self.video = LiveWindow(segmentation: .video(video), playlistLength: 10, retained: 4000)
      self.video.goLive()
      now = SystemClock.monotonicTime + later
      let wall = MediaTime(now, plus: SystemClock.wallMinusMonotonic)
      let statistics = Locked(StreamStatistics(renditions: 2))
      let log = Log(format: .text, least: .error) { _ in }
      track = PassThroughTrack(
        configuration, windows: [self.video], first: video.segment(of: video.grid.nearest(wall)),
        statistics: statistics, log: log)
      pipeline = try AudioTrackPipeline(
        output, stream: "live", from: nil, clock: VideoTimelineClock(timeline: track.timeline),
        gracePeriod: gracePeriod, statistics: statistics, log: log)
      audio.goLive()
      silences = try [2, 1].map { channels in
        try ContinuousAudioEncoder.silence(
          AudioEncoderSettings(
            sampleRate: output.segmentation.sampleRate, channels: channels,
            bitrateKilobits: output.settings.encoder.bitrateKilobits))
      }
    }

    /// The parameters of a source while it sends.
    struct Stretch {
      /// Its length.
      var length: Interval
      /// Timestamps minus the source's clock.
      var timestamps: Interval = 0
      /// The distance of two video frames by the source's clock.
      var frameDuration = PassThroughAudioTests.frame
      /// The rate of the source's clock minus the rate of ours.
      var ppm: Int64 = 0
      /// Whether the video frame with that index is an IDR.
      var isKey: (Int64) -> Bool = { $0 % 30 == 0 }
      /// The indices, of 0 to 29, of video frames that are lost.
      var lost: Set<Int64> = []
      /// Arrival minus capture.
      var delay: (audio: Interval, video: Interval) = (25_000_000, 5_000_000)
      /// How long the sender buffers everything before it sends it at once.
      var buffered: Interval = 0
      /// Whether a line holds it for less than a second: arrivals are those of the burst, in which
      /// the audio thread does not run.
      var isHeld = false
      /// Whether buffered audio is sent after all of the video.
      var sendsVideoFirst = false
      var hasAudio = true
      var hasVideo = true
    }

    /// Sends for the length of the stretch; the first video frame is an IDR.
    func send(_ stretch: Stretch) throws {
      struct Event {
        let mark: Int
        let moment: MonotonicTime
        let pts: SourceTime
        let arrival: MonotonicTime
        var isKey: Bool?
      }
      var events: [Event] = []
      let begin = now
      func add(
        _ index: Int64, _ period: Interval, _ phase: Interval, _ delay: Interval, _ isKey: Bool?
      ) {
        // The capture time by the source's clock, and by ours.
        let own = phase + index * period
        let moment = begin + own * (1_000_000 - stretch.ppm) / 1_000_000
        let mark = moments.count + 1
        moments[mark] = moment
        events.append(
          Event(
            mark: mark, moment: moment, pts: SourceTime(begin, plus: own + stretch.timestamps),
            arrival: moment + delay, isKey: isKey))
      }
      for index in 0..<stretch.length.count(of: PassThroughAudioTests.frame) where stretch.hasVideo
      {
        if stretch.lost.contains(index % 30) { continue }
        add(index, stretch.frameDuration, 0, stretch.delay.video, stretch.isKey(index))
      }
      for index in 0..<stretch.length.count(of: aacFrame) where stretch.hasAudio {
        add(index, aacFrame, 4_000_000, stretch.delay.audio, nil)
      }
      func seen(_ event: Event) -> MonotonicTime { max(event.arrival, begin + stretch.buffered) }
      let ordered = events.sorted { first, second in
        if stretch.sendsVideoFirst, seen(first) == seen(second),
          (first.isKey == nil) != (second.isKey == nil)
        {
          return second.isKey == nil
        }
        return (first.arrival, first.mark) < (second.arrival, second.mark)
      }
      for milliseconds in stride(from: 0, to: stretch.buffered.milliseconds, by: 20) {
        try advance(to: begin + .milliseconds(milliseconds))
      }
      let video = InputDescription.Video(
        passThroughCodec: .h264, codec: "h264", width: 1280, height: 720, rate: .thirty,
        parameterSets: [], configuration: [])
      for event in ordered {
        let arrival = stretch.isHeld ? seen(event) : event.arrival
        let bytes = Array("<\(String(10_000_000 + event.mark).dropFirst())>".utf8)
        if let isKey = event.isKey {
          let unit = AccessUnit(
            bytes: bytes, parameterSets: [], isKey: isKey, pts: event.pts, dts: nil,
            arrival: arrival, senderTime: nil)
          track.take(unit, [video], captured: clock.captureTime(pts: event.pts, arrival: arrival))
        } else {
          queue.push(
            .init(
              bytes: bytes, format: format, pts: event.pts,
              captured: clock.captureTime(.audio, pts: event.pts, arrival: arrival)))
        }
        let seen = seen(event)
        // While buffered media arrives at once, the audio thread runs now and then.
        if seen == event.arrival || event.mark % 7 == 0 && !stretch.isHeld {
          try advance(to: seen)
        }
      }
      now = begin + stretch.length
      try advance(to: now)
    }

    private func advance(to now: MonotonicTime) throws {
      try pipeline.advance(to: now)
    }

    /// Loses the connection; a new one is open after `time`.
    func away(_ time: Interval) throws {
      track.breakOff()
      clock.breakOff()
      let back = now + time
      while now < back {
        now = min(back, now + 20_000_000)
        try advance(to: now)
      }
    }

    // MARK: Output

    /// A video frame or AAC frame that was sent and published.
    struct Output {
      /// When it was captured.
      let moment: MonotonicTime
      /// Its media time.
      let time: MediaTime
      let period: Int64
    }

    private func mark(_ bytes: ArraySlice<UInt8>) -> Int? {
      guard bytes.first == UInt8(ascii: "<") else { return nil }
      return Int(String(decoding: bytes.dropFirst().prefix(7), as: UTF8.self))
    }

    private func all(_ window: LiveWindow) -> [(period: Int64, number: Int64, chunk: Chunk)] {
      let snapshot = window.snapshot
      let open = snapshot.open.map { open in
        open.chunks.map { (open.period.index, open.number, $0) }
      }
      return snapshot.segments.flatMap { segment in
        segment.chunks.map { (segment.period.index, segment.number, $0) }
      } + (open ?? [])
    }

    private static let mdat = Array("mdat".utf8)

    private static func payload(_ chunk: Chunk) -> ArraySlice<UInt8> {
      let bytes = chunk.bytes.array
      // The box of the payload is the last one, and "t" is its rarest letter.
      var start = bytes.count - 1
      while start > 3, bytes[start] != UInt8(ascii: "t") || bytes[start - 3...start] != mdat[...] {
        start -= 1
      }
      return bytes[(start + 1)...]
    }

    func shown() -> [Output] {
      all(video).compactMap { period, _, chunk in
        mark(Self.payload(chunk)).flatMap { moments[$0] }.map {
          Output(
            moment: $0, time: segmentation.video.grid.frameTime(of: chunk.frameIndex),
            period: period)
        }
      }
    }

    /// The decode time of the first frame of a chunk.
    private func decodeTime(of chunk: Chunk) -> Int64 {
      (try? ChunkSamples(chunk.bytes))?.entries.first?.time ?? 0
    }

    /// The number of samples between the end of each chunk of audio and the next one, if any.
    var steps: Set<Int64> {
      let chunks = all(audio).map(\.chunk)
      return Set(
        zip(chunks, chunks.dropFirst()).map {
          decodeTime(of: $1) - decodeTime(of: $0) - $0.duration
        })
    }

    /// The AAC frames of the source that are published, and the positions with silence.
    func heard() -> (frames: [Output], silent: [Int64]) {
      var (found, silent): ([Output], [Int64]) = ([], [])
      for (period, _, chunk) in all(audio) {
        var rest = Self.payload(chunk)
        // The phase of the source is in the decode times.
        let phase = Interval(
          ticks: decodeTime(of: chunk) - segmentation.ticks(chunk.frameIndex),
          timescale: Int64(segmentation.sampleRate))
        for index in chunk.frameIndex..<chunk.frameIndex + chunk.frames {
          if let mark = mark(rest), let moment = moments[mark] {
            // A repeated AAC frame fills the position before its own.
            if found.last?.moment == moment { found.removeLast() }
            let time = segmentation.frameTime(of: index) + phase
            found.append(Output(moment: moment, time: time, period: period))
            rest = rest.dropFirst(9)
          } else {
            let silence = silences.first { rest.starts(with: $0) }
            #expect(silence != nil)
            silent.append(index)
            rest = rest.dropFirst(silence?.count ?? rest.count)
          }
        }
        #expect(rest.isEmpty)
      }
      return (found, silent)
    }

    /// Checks that holds for any source: audio and video have equal periods and gaps, no AAC frame
    /// is missing or published twice, and audio is beside its video.
    func expectInStep(within limit: Interval = 13_000_000) {
      let (video, audio) = (video.snapshot, self.audio.snapshot)
      #expect(video.segments.first?.number == audio.segments.first?.number)
      let others = Dictionary(uniqueKeysWithValues: video.segments.map { ($0.number, $0) })
      for segment in audio.segments {
        guard let other = others[segment.number] else {
          Issue.record("audio has \(segment.number), video does not")
          continue
        }
        #expect(
          segment.startsDiscontinuity == other.startsDiscontinuity
            && segment.period.index == other.period.index
            && segment.period.offset == other.period.offset
            && segment.period.firstSegment == other.period.firstSegment
            && segment.isGap == other.isGap,
          "segment \(segment.number)")
        if !segment.isGap {
          #expect(segment.firstFrame == segmentation.frame(holding: other.firstFrame))
          let parts = segment.parts.dropLast().map { $0.chunks.reduce(0) { $0 + $1.frames } }
          #expect(parts.allSatisfy { $0 == segmentation.framesPerPart })
        }
      }
      #expect(video.segments.count - audio.segments.count <= 1)
      #expect((audio.open?.number ?? 0) <= (video.open?.number ?? .max))
      var last: (period: Int64, frame: Int64)?
      for (period, number, chunk) in all(self.audio) {
        if !segmentation.video.hasVariableDuration {
          #expect(segmentation.segment(of: chunk.frameIndex) == number)
        }
        if let last, last.period == period { #expect(chunk.frameIndex == last.frame + 1) }
        if let last { #expect(chunk.frameIndex > last.frame) }
        last = (period, chunk.lastFrame)
      }
      let shown = Dictionary(grouping: shown(), by: \.period)
      for (period, frames) in Dictionary(grouping: heard().frames, by: \.period) {
        guard let video = shown[period] else {
          Issue.record("audio without video")
          continue
        }
        var index = 0
        for frame in frames {
          while index + 1 < video.count,
            abs(video[index + 1].moment - frame.moment) < abs(video[index].moment - frame.moment)
          { index += 1 }
          let near = video[index]
          let difference = (frame.time - near.time) - (frame.moment - near.moment)
          #expect(abs(difference) <= limit, "\(frame) beside \(near)")
        }
      }
    }
  }

  @Test("audio that arrives after the video of its burst is heard, and not silence")
  func burst() throws {
    let simulation = try Simulation()
    try simulation.send(.init(length: 3 * Self.second))
    for _ in 0..<5 {
      try simulation.send(
        .init(length: Self.second, buffered: 800_000_000, sendsVideoFirst: true))
    }
    simulation.expectInStep()
    #expect(simulation.heard().silent.count <= 1)
  }

  @Test("audio that a line holds again and again for less than a second is heard")
  func held() throws {
    let simulation = try Simulation()
    try simulation.send(.init(length: 3 * Self.second))
    for turn in Int64(0)..<5 {
      // 36 frames, and a key frame each 30.
      try simulation.send(
        .init(
          length: .milliseconds(1200), isKey: { ($0 + 6 * turn) % 30 == 0 },
          buffered: .milliseconds(800), isHeld: true))
    }
    try simulation.send(.init(length: 2 * Self.second))
    let (heard, silent) = simulation.heard()
    #expect(silent.count <= 2 && heard.count > 10 * 46)
  }

  @Test("audio starts with the first segment of the video and is published up to the video")
  func steady() throws {
    let simulation = try Simulation()
    try simulation.send(.init(length: 5 * Self.second))
    simulation.expectInStep()
    let (heard, silent) = simulation.heard()
    #expect(simulation.audio.snapshot.segments.count == simulation.video.snapshot.segments.count)
    #expect(simulation.audio.snapshot.segments[0].period.offset != 0)
    #expect(silent.count <= 1 && heard.count >= 5 * 46)
    let last = try #require(simulation.shown().last).time
    #expect(try #require(heard.last).time > last - 150_000_000)
    // The capture time in the chunk is the capture time by the wall clock.
    let wall = SystemClock.wallMinusMonotonic
    let chunk = try #require(simulation.audio.snapshot.segments.last?.chunks.first)
    let near = heard.min { a, b in
      let time = simulation.segmentation.frameTime(of: chunk.frameIndex)
      return abs(a.time - time) < abs(b.time - time)
    }
    #expect(abs(chunk.captured.offset(from: near?.moment ?? .origin) - wall) < 50_000_000)
  }

  @Test(
    "copied audio is within 5 ms of its video, whatever the distance of their grids is",
    arguments: [48_000, 44_100])
  func phase(sampleRate: Int) throws {
    // A second later the grid of AAC frames is elsewhere beside that of the video.
    for seconds in Int64(0)..<8 {
      let simulation = try Simulation(
        aac: sampleRate == 48_000 ? [0x11, 0x90] : [0x12, 0x10], sampleRate: sampleRate,
        later: .seconds(seconds))
      try simulation.send(.init(length: 3 * Self.second, ppm: 100))
      simulation.expectInStep(within: 5_000_000)
      #expect(simulation.steps == [0], "decode times have gaps")
      // Two of the three seconds, in whole AAC frames: the rest is before the first key frame.
      #expect(simulation.heard().frames.count >= 2 * sampleRate / 1024)
    }
  }

  @Test(
    "after an outage of the source, audio and video have equal periods and gaps",
    arguments: [200, 1500, 3000, 30_000])
  func away(milliseconds: Int64) throws {
    let simulation = try Simulation()
    try simulation.send(.init(length: 3_400_000_000))
    try simulation.away(.milliseconds(milliseconds))
    try simulation.send(.init(length: 3_700_000_000, timestamps: .origin - simulation.now))
    simulation.expectInStep()
    // A window of gaps removes the earlier segments.
    let periods = Set(simulation.heard().frames.map(\.period))
    #expect(periods == (milliseconds < 10_000 ? [0, 1] : [1]))
    #expect(simulation.heard().silent.count <= 12)
    let (audio, video) = (simulation.audio.snapshot, simulation.video.snapshot)
    #expect(audio.discontinuitySequence == video.discontinuitySequence)
  }

  @Test("jumps of timestamps and lost key frames start periods of audio and video")
  func jumps() throws {
    let simulation = try Simulation()
    try simulation.send(.init(length: 2_500_000_000))
    try simulation.send(.init(length: 2_500_000_000, timestamps: 26 * 3600 * Self.second))
    try simulation.send(.init(length: 2_500_000_000, timestamps: -5 * Self.second))
    try simulation.send(.init(length: 1_000_000_000, timestamps: -5 * Self.second, lost: [0]))
    try simulation.send(.init(length: 2_500_000_000, timestamps: -5 * Self.second))
    simulation.expectInStep()
    #expect(Set(simulation.heard().frames.map(\.period)).count >= 4)
  }

  @Test("a period without a complete part leaves no hole in the numbers and has no audio")
  func unseen() throws {
    let simulation = try Simulation()
    try simulation.send(.init(length: 2_300_000_000))
    try simulation.away(900_000_000)
    try simulation.send(.init(length: 70_000_000))
    try simulation.away(300_000_000)
    try simulation.send(.init(length: 2_300_000_000))
    simulation.expectInStep()
    let numbers = simulation.video.snapshot.segments.map(\.number)
    #expect(numbers == (0..<Int64(numbers.count)).map { numbers[0] + $0 })
    #expect(Set(simulation.shown().map(\.period)) == [0, 1])
  }

  @Test("missing audio becomes silence after the grace period, and audio that returns is heard")
  func silence() throws {
    let simulation = try Simulation()
    try simulation.send(.init(length: 2 * Self.second, hasAudio: false))
    #expect(simulation.audio.snapshot.segments.count == 1)
    try simulation.send(.init(length: 2 * Self.second))
    try simulation.send(.init(length: 2 * Self.second, hasAudio: false))
    try simulation.send(.init(length: 2 * Self.second))
    simulation.expectInStep()
    let (heard, silent) = simulation.heard()
    #expect(abs(silent.count - 4 * 47) <= 12 && abs(heard.count - 4 * 47) <= 12)
  }

  @Test(
    "of the audio that a suspended sender has buffered, less than 0.4 s is lost",
    arguments: [800, 1900, 8000])
  func buffered(milliseconds: Int64) throws {
    let simulation = try Simulation()
    try simulation.send(.init(length: 2 * Self.second))
    try simulation.send(
      .init(length: 10 * Self.second, buffered: .milliseconds(milliseconds)))
    simulation.expectInStep()
    let (heard, silent) = simulation.heard()
    #expect(Set(heard.map(\.period)) == [0])
    #expect(heard.count > 12 * 46 - 15)
    #expect(silent.count < 15)
  }

  @Test("while video pauses, audio pauses")
  func withoutVideo() throws {
    let simulation = try Simulation()
    try simulation.send(.init(length: 2 * Self.second))
    let count = simulation.heard().frames.count
    try simulation.send(.init(length: 3 * Self.second, hasVideo: false))
    #expect(simulation.heard().frames.count <= count + 3)
    try simulation.send(.init(length: 2 * Self.second))
    simulation.expectInStep()
    #expect(Set(simulation.heard().frames.map(\.period)) == [0, 1])
  }

  @Test(
    "audio and video stay together while the clock of the source drifts",
    arguments: [200, -200])
  func drift(ppm: Int64) throws {
    let simulation = try Simulation()
    // In 100 s the clock drifts by 20 ms, four times the limit.
    let seconds = TestLength.of(short: Int64(100), long: 700)
    try simulation.send(.init(length: seconds * Self.second, ppm: ppm))
    simulation.expectInStep(within: 5_000_000)
    #expect(simulation.heard().silent.count <= 4)
    // The offset follows the drift, formerly a Discontinuity.
    #expect(!simulation.audio.snapshot.segments.contains { $0.startsDiscontinuity })
  }

  @Test(
    "audio follows the video to the grid if the rate of the sensor is not exact",
    arguments: [33_350_000, 33_320_000] as [Interval])
  func sensor(frameDuration: Interval) throws {
    let simulation = try Simulation()
    // In 85 s the sensor leaves the grid by 34 ms or more, over a frame.
    let seconds = TestLength.of(short: Int64(85), long: 180)
    try simulation.send(.init(length: seconds * Self.second, frameDuration: frameDuration))
    simulation.expectInStep(within: 15_000_000)
    #expect(simulation.heard().silent.count <= 4)
  }

  @Test("audio that arrives a quarter of a second after its video is heard with it")
  func late() throws {
    let simulation = try Simulation(gracePeriod: .milliseconds(300))
    try simulation.send(.init(length: 4 * Self.second, delay: (270_000_000, 5_000_000)))
    simulation.expectInStep()
    #expect(simulation.heard().silent.count <= 1)
  }

  @Test("late audio extends the grace period")
  func later() throws {
    let simulation = try Simulation(gracePeriod: .milliseconds(150))
    try simulation.send(.init(length: 2 * Self.second, hasAudio: false))
    try simulation.send(.init(length: 6 * Self.second, delay: (700_000_000, 5_000_000)))
    simulation.expectInStep()
    let (heard, silent) = simulation.heard()
    // Silence was published up to 0.15 s ago; the audio up to 0.7 s ago is lost once.
    #expect(heard.count >= 46 * 6 - 35 && silent.count <= 2 * 47 + 30)
  }

  @Test("audio that arrives before its video waits for it")
  func early() throws {
    let simulation = try Simulation()
    try simulation.send(.init(length: 4 * Self.second, delay: (22_000_000, 90_000_000)))
    simulation.expectInStep()
    #expect(simulation.heard().silent.count <= 5)
  }

  @Test(
    "with variable-duration segments, audio segments end at the key frames",
    arguments: UInt64(0)..<TestLength.of(short: 6, long: 12))
  func variableDuration(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let simulation = try Simulation(maximumGroupTime: 4_000_000)
    for _ in 0..<3 {
      let keys = (0..<8).reduce(into: [Int64(0)]) { keys, _ in
        keys.append((keys.last ?? 0) + 5 + Int64(random.next() % 70))
      }
      let audio = Interval.nanoseconds(22_000_000 + Int64(random.next() % 40_000_000))
      let video = Interval.nanoseconds(1_000_000 + Int64(random.next() % 60_000_000))
      try simulation.send(
        .init(
          length: Int64(random.next() % 120 + 90) * Self.frame, isKey: keys.contains,
          delay: (audio, video)))
      if random.next() % 2 == 0 { try simulation.away(.milliseconds(Int64(random.next() % 3000))) }
    }
    simulation.expectInStep()
    let versions = simulation.audio.snapshot.segments.map {
      simulation.segmentation.partsBefore($0.number) + Int64($0.parts.count)
    }
    #expect(zip(versions, versions.dropFirst()).allSatisfy { $0 < $1 })
    #expect(simulation.heard().frames.count > 300)
  }

  @Test("audio with other channels has the header of the track, over a Discontinuity too")
  func parameters() throws {
    let simulation = try Simulation()
    try simulation.send(.init(length: 2 * Self.second))
    // The frames of this test cannot be decoded.
    simulation.format.configuration = [0x11, 0x88]
    simulation.format.channels = 1
    // The last tenth of a second is not silent yet: audio is awaited.
    try simulation.send(.init(length: 1_100_000_000))
    #expect(simulation.heard().silent.count >= 40)
    try simulation.away(500_000_000)
    try simulation.send(.init(length: 2_500_000_000))
    simulation.expectInStep()
    let snapshot = simulation.audio.snapshot
    #expect(snapshot.tracks.map(\.channels) == [2])
    #expect(snapshot.segments.last?.period.index == 1)
    #expect(simulation.heard().frames.allSatisfy { $0.period == 0 })
    // Audio of the form of the track is copied again.
    simulation.format.configuration = [0x11, 0x90]
    simulation.format.channels = 2
    try simulation.away(500_000_000)
    try simulation.send(.init(length: 2_500_000_000))
    simulation.expectInStep()
    #expect(simulation.audio.snapshot.tracks.map(\.channels) == [2])
    #expect(simulation.heard().frames.count { $0.period == 2 } > 90)
  }

  @Test("a session keeps sample rate and channels of the one before, and copies audio of that form")
  func former() throws {
    let simulation = try Simulation(
      aac: [0x12, 0x08], sampleRate: 44_100, channels: 1, former: AudioEncoderSettings())
    // The frames of this test cannot be decoded.
    try simulation.send(.init(length: 2 * Self.second))
    #expect(simulation.segmentation.sampleRate == 48_000)
    #expect(simulation.heard().frames.isEmpty)
    simulation.format = InputDescription.Audio(
      codec: "aac", sampleRate: 48_000, channels: 2, configuration: [0x11, 0x90])
    try simulation.away(500_000_000)
    try simulation.send(.init(length: 2_500_000_000))
    simulation.expectInStep()
    #expect(simulation.heard().frames.count > 90)
    let track = try #require(simulation.audio.snapshot.tracks.first)
    let header = try MovieHeader(header: track.header.array)
    #expect(header.timescale == 48_000 && header.entry.channels == 2)
    #expect(simulation.audio.snapshot.tracks.count == 1)
  }
}
