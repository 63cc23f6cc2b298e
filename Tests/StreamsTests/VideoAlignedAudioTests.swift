// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing

@testable import Capture
@testable import Streams

@Suite("Sound beside pictures that are packaged as they came")
struct VideoAlignedAudioTests {
  static let second: Int64 = 1_000_000_000
  static let picture: Int64 = 33_333_333
  static let frame: Int64 = 21_333_333

  /// A source with its clock, what a streamer made of it, and what came when.
  final class Stage {
    let segmentation: AudioSegmentation
    let pictures: LiveWindow
    let audios: LiveWindow
    private let track: PassThroughTrack
    private let queue = AudioQueue()
    private var audio: VideoAlignedAudio
    private var clock = SourceClock()
    /// Coded frames of silence, with two channels and with one.
    private let silences: [[UInt8]]
    private(set) var now: Int64
    /// The moments of pictures and frames of sound that were sent, by their marks.
    private var moments: [Int: Int64] = [:]
    var format: InputDescription.Audio

    init(
      patience: Int64 = 60_000_000, aac: [UInt8] = [0x11, 0x90], longestGroup: Int64? = nil
    ) throws {
      let video = Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000,
        longestGroupMicroseconds: longestGroup)
      var configuration = StreamConfiguration(size: .hd720, segmentation: video)
      configuration.passesThrough = true
      format = InputDescription.Audio(
        codec: "aac", sampleRate: 48_000, channels: 2, configuration: aac)
      configuration.takeAudio(format)
      segmentation = try #require(configuration.audioSegmentation)
      pictures = LiveWindow(segmentation: video, playlistLength: 10, retained: 4000)
      audios = LiveWindow(segmentation: .audio(segmentation), playlistLength: 10, retained: 4000)
      pictures.goLive()
      now = SystemClock.monotonic
      let wall = now + SystemClock.wallMinusMonotonic
      let statistics = Locked(StreamStatistics(renditions: 2))
      let log = Log(format: .text, least: .error) { _ in }
      track = PassThroughTrack(
        configuration, window: pictures, first: video.segment(of: video.grid.nearest(wall)),
        statistics: statistics, log: log)
      audio = try VideoAlignedAudio(
        configuration, segmentation: segmentation, window: audios, timeline: track.timeline,
        queue: queue,
        patience: patience, statistics: statistics, log: log)
      silences = try [2, 1].map { channels in
        try ContinuousAudioEncoder.silence(
          AudioEncoderSettings(
            channels: channels, bitrateKilobits: configuration.audioSettings.bitrateKilobits))
      }
    }

    /// What one stretch of the source is like.
    struct Stretch {
      /// Its length in nanoseconds.
      var length: Int64
      /// What is added to the source's clock to make its stamps; nanoseconds.
      var timestamps: Int64 = 0
      /// The distance of two pictures by the source's clock; nanoseconds.
      var period = VideoAlignedAudioTests.picture
      /// How fast the source's clock goes beside ours.
      var ppm: Int64 = 0
      /// Which pictures are IDRs.
      var isKey: (Int64) -> Bool = { $0 % 30 == 0 }
      /// Of thirty pictures, those that are lost.
      var lost: Set<Int64> = []
      /// How long sound is on its way, and pictures; nanoseconds.
      var delay: (audio: Int64, picture: Int64) = (25_000_000, 5_000_000)
      /// For how long everything is kept by the sender, to be sent at once then; nanoseconds.
      var held: Int64 = 0
      /// Whether there is sound.
      var hasAudio = true
      /// Whether there are pictures.
      var hasPictures = true
    }

    /// The source sends for a while, from an IDR on.
    func send(_ stretch: Stretch) throws {
      struct Event {
        let mark: Int
        let moment, pts, arrival: Int64
        var isKey: Bool?
      }
      var events: [Event] = []
      let begin = now
      func add(_ index: Int64, _ period: Int64, _ phase: Int64, _ delay: Int64, _ isKey: Bool?) {
        // The source's own clock, and when that is on ours.
        let own = phase + index * period
        let moment = begin + own * (1_000_000 - stretch.ppm) / 1_000_000
        let mark = moments.count + 1
        moments[mark] = moment
        events.append(
          Event(
            mark: mark, moment: moment, pts: begin + own + stretch.timestamps,
            arrival: moment + delay,
            isKey: isKey))
      }
      for index in 0..<stretch.length / VideoAlignedAudioTests.picture where stretch.hasPictures {
        if stretch.lost.contains(index % 30) { continue }
        add(index, stretch.period, 0, stretch.delay.picture, stretch.isKey(index))
      }
      for index in 0..<stretch.length / VideoAlignedAudioTests.frame where stretch.hasAudio {
        add(index, VideoAlignedAudioTests.frame, 4_000_000, stretch.delay.audio, nil)
      }
      let ordered = events.sorted { ($0.arrival, $0.mark) < ($1.arrival, $1.mark) }
      for time in stride(from: begin, to: begin + stretch.held, by: 20_000_000) {
        try audio.advance(to: time)
      }
      let video = InputDescription.Video(
        nalCodec: .h264, codec: "h264", width: 1280, height: 720, rate: .thirty,
        parameterSets: [], configuration: [])
      for event in ordered {
        let bytes = Array("<\(String(10_000_000 + event.mark).dropFirst())>".utf8)
        if let isKey = event.isKey {
          let unit = AccessUnit(
            bytes: bytes, parameterSets: [], isKey: isKey, pts: event.pts, dts: nil,
            arrival: event.arrival, senderTime: nil)
          track.take(
            unit, video, captured: clock.captureTime(pts: event.pts, arrival: event.arrival))
        } else {
          queue.push(
            .init(
              bytes: bytes, format: format, pts: event.pts,
              captured: clock.captureTime(.audio, pts: event.pts, arrival: event.arrival)))
        }
        let seen = max(event.arrival, begin + stretch.held)
        // Sound is looked for now and then while much comes at once.
        if seen == event.arrival || event.mark % 7 == 0 { try audio.advance(to: seen) }
      }
      now = begin + stretch.length
      try audio.advance(to: now)
    }

    /// The connection is lost, and another one is there after so long.
    func away(_ time: Int64) throws {
      track.breakOff()
      clock.breakOff()
      let back = now + time
      while now < back {
        now = min(back, now + 20_000_000)
        try audio.advance(to: now)
      }
    }

    // MARK: What was made of it

    /// A coded frame that was sent, where it came out.
    struct Output {
      /// When it was sent.
      let moment: Int64
      /// Media time, nanoseconds.
      let time: Int64
      let run: Int64
    }

    private func mark(_ bytes: ArraySlice<UInt8>) -> Int? {
      guard bytes.first == UInt8(ascii: "<") else { return nil }
      return Int(String(decoding: bytes.dropFirst().prefix(7), as: UTF8.self))
    }

    private func all(_ window: LiveWindow) -> [(run: Int64, number: Int64, chunk: Chunk)] {
      let snapshot = window.snapshot
      let open = snapshot.open.map { open in open.chunks.map { (open.run.index, open.number, $0) } }
      return snapshot.segments.flatMap { segment in
        segment.chunks.map { (segment.run.index, segment.number, $0) }
      } + (open ?? [])
    }

    private static func payload(_ chunk: Chunk) -> ArraySlice<UInt8> {
      let bytes = chunk.bytes.array
      let place = bytes.indices.last { bytes[$0...].starts(with: "mdat".utf8) }
      return bytes[(place ?? 0) + 4..<bytes.count]
    }

    func shown() -> [Output] {
      all(pictures).compactMap { run, _, chunk in
        mark(Self.payload(chunk)).flatMap { moments[$0] }.map {
          Output(moment: $0, time: segmentation.video.grid.nanoseconds(chunk.frame), run: run)
        }
      }
    }

    /// The frames of the source that are heard, and how many places are silent.
    func heard() -> (frames: [Output], silent: [Int64]) {
      var (found, silent): ([Output], [Int64]) = ([], [])
      for (run, _, chunk) in all(audios) {
        var rest = Self.payload(chunk)
        for place in chunk.frame..<chunk.frame + chunk.frames {
          if let mark = mark(rest), let moment = moments[mark] {
            // One that is repeated fills the place before its own.
            if found.last?.moment == moment { found.removeLast() }
            found.append(Output(moment: moment, time: segmentation.nanoseconds(place), run: run))
            rest = rest.dropFirst(9)
          } else {
            let silence = silences.first { rest.starts(with: $0) }
            #expect(silence != nil)
            silent.append(place)
            rest = rest.dropFirst(silence?.count ?? rest.count)
          }
        }
        #expect(rest.isEmpty)
      }
      return (found, silent)
    }

    /// What holds whatever the source does: runs and gaps of the sound are those of the pictures, no frame is missing
    /// or there twice, and sound is where its picture is.
    func expectInStep(within limit: Int64 = 13_000_000) {
      let (video, audio) = (pictures.snapshot, audios.snapshot)
      #expect(video.segments.first?.number == audio.segments.first?.number)
      let others = Dictionary(uniqueKeysWithValues: video.segments.map { ($0.number, $0) })
      for segment in audio.segments {
        guard let other = others[segment.number] else {
          Issue.record("sound has \(segment.number), pictures do not")
          continue
        }
        #expect(
          segment.startsDiscontinuity == other.startsDiscontinuity
            && segment.run.index == other.run.index && segment.run.offset == other.run.offset
            && segment.run.firstSegment == other.run.firstSegment && segment.isGap == other.isGap,
          "segment \(segment.number)")
        if !segment.isGap {
          #expect(segment.firstFrame == segmentation.frame(holding: other.firstFrame))
          let parts = segment.parts.dropLast().map { $0.chunks.reduce(0) { $0 + $1.frames } }
          #expect(parts.allSatisfy { $0 == segmentation.framesPerPart })
        }
      }
      #expect(video.segments.count - audio.segments.count <= 1)
      #expect((audio.open?.number ?? 0) <= (video.open?.number ?? .max))
      var last: (run: Int64, frame: Int64)?
      for (run, number, chunk) in all(audios) {
        if !segmentation.video.hasVariableDuration {
          #expect(segmentation.segment(of: chunk.frame) == number)
        }
        if let last, last.run == run { #expect(chunk.frame == last.frame + 1) }
        if let last { #expect(chunk.frame > last.frame) }
        last = (run, chunk.lastFrame)
      }
      let shown = Dictionary(grouping: shown(), by: \.run)
      for (run, frames) in Dictionary(grouping: heard().frames, by: \.run) {
        guard let pictures = shown[run] else {
          Issue.record("sound without a picture")
          continue
        }
        var place = 0
        for frame in frames {
          while place + 1 < pictures.count,
            abs(pictures[place + 1].moment - frame.moment)
              < abs(pictures[place].moment - frame.moment)
          { place += 1 }
          let near = pictures[place]
          let difference = (frame.time - near.time) - (frame.moment - near.moment)
          #expect(abs(difference) <= limit, "\(frame) beside \(near)")
        }
      }
    }
  }

  @Test("sound begins with the pictures' first segment, and is as far as they are, in step")
  func steady() throws {
    let stage = try Stage()
    try stage.send(.init(length: 5 * Self.second))
    stage.expectInStep()
    let (heard, silent) = stage.heard()
    #expect(stage.audios.snapshot.segments.count == stage.pictures.snapshot.segments.count)
    #expect(stage.audios.snapshot.segments[0].run.offset != 0)
    #expect(silent.count <= 1 && heard.count >= 5 * 46)
    let last = try #require(stage.shown().last).time
    #expect(try #require(heard.last).time > last - 150_000_000)
    // What is said of the wall clock is the moment of capture.
    let wall = SystemClock.wallMinusMonotonic
    let chunk = try #require(stage.audios.snapshot.segments.last?.chunks.first)
    let near = heard.min { a, b in
      let time = stage.segmentation.nanoseconds(chunk.frame)
      return abs(a.time - time) < abs(b.time - time)
    }
    #expect(abs(chunk.captured - wall - (near?.moment ?? 0)) < 50_000_000)
  }

  @Test(
    "a source that was away: run, Discontinuity and gaps stand where the pictures have them",
    arguments: [200, 1500, 3000, 30_000])
  func away(milliseconds: Int64) throws {
    let stage = try Stage()
    try stage.send(.init(length: 3_400_000_000))
    try stage.away(milliseconds * 1_000_000)
    try stage.send(.init(length: 3_700_000_000, timestamps: -stage.now))
    stage.expectInStep()
    // After a window of gaps what was before is gone.
    let runs = Set(stage.heard().frames.map(\.run))
    #expect(runs == (milliseconds < 10_000 ? [0, 1] : [1]))
    #expect(stage.heard().silent.count <= 12)
    #expect(
      stage.audios.snapshot.discontinuitySequence == stage.pictures.snapshot.discontinuitySequence)
  }

  @Test("stamps that jump, and lost key pictures, are runs of both")
  func jumps() throws {
    let stage = try Stage()
    try stage.send(.init(length: 2_500_000_000))
    try stage.send(.init(length: 2_500_000_000, timestamps: 26 * 3600 * Self.second))
    try stage.send(.init(length: 2_500_000_000, timestamps: -5 * Self.second))
    try stage.send(.init(length: 1_000_000_000, timestamps: -5 * Self.second, lost: [0]))
    try stage.send(.init(length: 2_500_000_000, timestamps: -5 * Self.second))
    stage.expectInStep()
    #expect(Set(stage.heard().frames.map(\.run)).count >= 4)
  }

  @Test("a run that nobody saw leaves no hole in the numbers, and sound does not know it")
  func unseen() throws {
    let stage = try Stage()
    try stage.send(.init(length: 2_300_000_000))
    try stage.away(900_000_000)
    try stage.send(.init(length: 70_000_000))
    try stage.away(300_000_000)
    try stage.send(.init(length: 2_300_000_000))
    stage.expectInStep()
    let numbers = stage.pictures.snapshot.segments.map(\.number)
    #expect(numbers == (0..<Int64(numbers.count)).map { numbers[0] + $0 })
    #expect(Set(stage.shown().map(\.run)) == [0, 1])
  }

  @Test("while there is no sound it is silence, no later than it must be; then it is heard again")
  func silence() throws {
    let stage = try Stage()
    try stage.send(.init(length: 2 * Self.second, hasAudio: false))
    #expect(stage.audios.snapshot.segments.count == 1)
    try stage.send(.init(length: 2 * Self.second))
    try stage.send(.init(length: 2 * Self.second, hasAudio: false))
    try stage.send(.init(length: 2 * Self.second))
    stage.expectInStep()
    let (heard, silent) = stage.heard()
    #expect(abs(silent.count - 4 * 47) <= 12 && abs(heard.count - 4 * 47) <= 12)
  }

  @Test(
    "a sender that was stopped and sends what it kept: next to nothing of the sound is lost",
    arguments: [800, 1900, 8000])
  func kept(milliseconds: Int64) throws {
    let stage = try Stage()
    try stage.send(.init(length: 2 * Self.second))
    try stage.send(
      .init(length: 10 * Self.second, held: milliseconds * 1_000_000))
    stage.expectInStep()
    let (heard, silent) = stage.heard()
    #expect(Set(heard.map(\.run)) == [0])
    #expect(heard.count > 12 * 46 - 15)
    #expect(silent.count < 15)
  }

  @Test("while there are no pictures sound waits for them")
  func pictureless() throws {
    let stage = try Stage()
    try stage.send(.init(length: 2 * Self.second))
    let count = stage.heard().frames.count
    try stage.send(.init(length: 3 * Self.second, hasPictures: false))
    #expect(stage.heard().frames.count <= count + 3)
    try stage.send(.init(length: 2 * Self.second))
    stage.expectInStep()
    #expect(Set(stage.heard().frames.map(\.run)) == [0, 1])
  }

  @Test(
    "a foreign crystal: picture and sound stay together although media time leaves the clock",
    arguments: [200, -200])
  func drift(ppm: Int64) throws {
    let stage = try Stage()
    try stage.send(.init(length: 700 * Self.second, ppm: ppm))
    stage.expectInStep()
    #expect(stage.heard().silent.count <= 4)
    #expect(stage.audios.snapshot.segments.count(where: \.startsDiscontinuity) == 1)
  }

  @Test(
    "a sensor that keeps its rate only nearly: sound goes with the pictures to the grid",
    arguments: [33_350_000, 33_320_000] as [Int64])
  func sensor(period: Int64) throws {
    let stage = try Stage()
    try stage.send(.init(length: 180 * Self.second, period: period))
    stage.expectInStep(within: 15_000_000)
    #expect(stage.heard().silent.count <= 4)
  }

  @Test("sound that is a quarter of a second behind its pictures is heard with them")
  func late() throws {
    let stage = try Stage(patience: 300_000_000)
    try stage.send(.init(length: 4 * Self.second, delay: (270_000_000, 5_000_000)))
    stage.expectInStep()
    #expect(stage.heard().silent.count <= 1)
  }

  @Test("sound that turns out to be later than what was seen at first is waited for from then on")
  func later() throws {
    let stage = try Stage(patience: 150_000_000)
    try stage.send(.init(length: 2 * Self.second, hasAudio: false))
    try stage.send(.init(length: 6 * Self.second, delay: (700_000_000, 5_000_000)))
    stage.expectInStep()
    let (heard, silent) = stage.heard()
    // Silence was made up to 0.15 s ago; what was to be heard in the time up to 0.7 s ago is lost once.
    #expect(heard.count >= 46 * 6 - 35 && silent.count <= 2 * 47 + 30)
  }

  @Test("sound that comes before its pictures waits for them")
  func early() throws {
    let stage = try Stage()
    try stage.send(.init(length: 4 * Self.second, delay: (22_000_000, 90_000_000)))
    stage.expectInStep()
    #expect(stage.heard().silent.count <= 5)
  }

  @Test(
    "free segments: sound ends each of them where the key picture does", arguments: UInt64(0)..<12)
  func free(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let stage = try Stage(longestGroup: 4_000_000)
    for _ in 0..<3 {
      let keys = (0..<8).reduce(into: [Int64(0)]) { keys, _ in
        keys.append((keys.last ?? 0) + 5 + Int64(random.next() % 70))
      }
      let audio = 22_000_000 + Int64(random.next() % 40_000_000)
      let picture = 1_000_000 + Int64(random.next() % 60_000_000)
      try stage.send(
        .init(
          length: Int64(random.next() % 120 + 90) * Self.picture, isKey: keys.contains,
          delay: (audio, picture)))
      if random.next() % 2 == 0 { try stage.away(Int64(random.next() % 3000) * 1_000_000) }
    }
    stage.expectInStep()
    let versions = stage.audios.snapshot.segments.map {
      stage.segmentation.partsBefore($0.number) + Int64($0.parts.count)
    }
    #expect(zip(versions, versions.dropFirst()).allSatisfy { $0 < $1 })
    #expect(stage.heard().frames.count > 300)
  }

  @Test("sound of other parameters is the run's: another header, the same places")
  func parameters() throws {
    let stage = try Stage()
    try stage.send(.init(length: 2 * Self.second))
    // Within a run it is not heard.
    stage.format.configuration = [0x11, 0x88]
    stage.format.channels = 1
    try stage.send(.init(length: Self.second))
    #expect(stage.heard().silent.count >= 40)
    try stage.away(500_000_000)
    try stage.send(.init(length: 2_500_000_000))
    stage.expectInStep()
    let snapshot = stage.audios.snapshot
    #expect(snapshot.tracks.count == 2)
    let (old, new) = (snapshot.segments[0], try #require(snapshot.segments.last))
    #expect(snapshot.track(of: old.run)?.channels == 2)
    #expect(snapshot.track(of: new.run)?.channels == 1)
    #expect(new.run.headerHash == snapshot.tracks[1].headerHash)
  }
}
