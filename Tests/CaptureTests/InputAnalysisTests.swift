// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("Analysis of an input: rate, regularity, lateness")
struct InputAnalysisTests {
  struct RateRow: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let timestamps: [SourceTime]
    var declared: FrameRate?
    /// Frames in 1,000 seconds, as metadata name them.
    var named: Int?
    let rate: String
  }

  /// Timestamps at `rate`, rounded to `unit` nanoseconds.
  private static func timestamps(
    _ rate: Double, _ count: Int, unit: Double = 1, without: Set<Int> = []
  ) -> [SourceTime] {
    (0..<count).filter { !without.contains($0) }.map { index in
      SourceTime(nanoseconds: Int64((Double(index) * 1e9 / rate / unit).rounded() * unit))
    }
  }

  static let rates = [
    RateRow(testDescription: "25", timestamps: timestamps(25, 25), rate: "25"),
    RateRow(testDescription: "29.97", timestamps: timestamps(30000 / 1001, 31), rate: "30000/1001"),
    RateRow(
      testDescription: "23.976", timestamps: timestamps(24000 / 1001, 25), rate: "24000/1001"),
    RateRow(testDescription: "60", timestamps: timestamps(60, 61), rate: "60"),
    RateRow(testDescription: "15, measured 14.98", timestamps: timestamps(14.98, 16), rate: "15"),
    RateRow(
      testDescription: "30 in whole milliseconds, with two frames missing",
      timestamps: timestamps(30, 31, unit: 1e6, without: [7, 8]), rate: "30"),
    RateRow(
      testDescription: "29.97 in whole milliseconds, declared",
      timestamps: timestamps(30, 20, unit: 1e6),
      declared: FrameRate(30000, 1001), rate: "30000/1001"),
    RateRow(
      testDescription: "23.976 in whole milliseconds",
      timestamps: timestamps(23.976, 25, unit: 1e6), rate: "24"),
    RateRow(
      testDescription: "23.976 in whole milliseconds, named",
      timestamps: timestamps(23.976, 25, unit: 1e6), named: 23_976, rate: "24000/1001"),
    RateRow(
      testDescription: "23.976 in whole milliseconds, named with two digits, after a session of 24",
      timestamps: timestamps(23.976, 25, unit: 1e6), declared: FrameRate(24), named: 23_980,
      rate: "24000/1001"),
    RateRow(
      testDescription: "29.97 in whole milliseconds, named",
      timestamps: timestamps(30000 / 1001, 31, unit: 1e6), named: 29_970, rate: "30000/1001"),
    RateRow(
      testDescription: "59.94 in whole milliseconds, named",
      timestamps: timestamps(60000 / 1001, 61, unit: 1e6), named: 59_940, rate: "60000/1001"),
    RateRow(
      testDescription: "24 in whole milliseconds, named", timestamps: timestamps(24, 25, unit: 1e6),
      named: 24_000, rate: "24"),
    RateRow(
      testDescription: "30 in whole milliseconds, a wrong name",
      timestamps: timestamps(30, 31, unit: 1e6), named: 60_000, rate: "30"),
    RateRow(
      testDescription: "25, a name that the timestamps exclude",
      timestamps: timestamps(25, 26, unit: 1e6), named: 24_000, rate: "25"),
    RateRow(
      testDescription: "29.97 for ten seconds, a name that they exclude",
      timestamps: timestamps(30000 / 1001, 300, unit: 1e6), named: 30_000, rate: "30000/1001"),
    RateRow(
      testDescription: "no name of a standard rate", timestamps: timestamps(24, 25, unit: 1e6),
      named: 24_300, rate: "24"),
    RateRow(
      testDescription: "a wrong declaration", timestamps: timestamps(25, 26),
      declared: FrameRate(50), rate: "25"),
    RateRow(
      testDescription: "no timestamps, but a declaration", timestamps: [],
      declared: FrameRate(2997, 100),
      rate: "30000/1001"),
    RateRow(
      testDescription: "out of order",
      timestamps: [0, 3, 1, 2, 6, 4, 5].map { .origin + .milliseconds($0 * 40) },
      rate: "25"),
  ]

  @Test(
    "jitter of up to three tenths of a frame and two lost frames do not change a rate of 3 s",
    arguments: [10, 12, 15, 20, 24, 25, 30, 50, 60])
  func jittered(rate: Int) {
    var random = SplitMix64(seed: UInt64(rate))
    for round in 0..<40 {
      let lost =
        round % 3 == 0
        ? [1, 2].map { rate * $0 + Int.random(in: 0..<rate, using: &random) } : []
      let times = (0...3 * rate).filter { !lost.contains($0) }.map { index in
        let frame = Double(index) + Double.random(in: -0.3...0.3, using: &random)
        return SourceTime(nanoseconds: Int64(frame * 1e9 / Double(rate)))
      }
      #expect(InputRate.nearest(timestamps: times, declared: nil)?.description == "\(rate)")
    }
  }

  @Test(
    "nor does jitter of up to half a frame, without lost frames",
    arguments: [10, 12, 15, 20, 24, 25, 30, 50, 60], [0.375, 0.45, 0.5])
  func stronglyJittered(rate: Int, most: Double) {
    var random = SplitMix64(seed: UInt64(rate))
    var wrong: [String] = []
    for _ in 0..<200 {
      let times = (0...3 * rate).map { index in
        let frame = Double(index) + Double.random(in: -most...most, using: &random)
        return SourceTime(nanoseconds: Int64(frame * 1e9 / Double(rate)))
      }
      let found = InputRate.nearest(timestamps: times, declared: nil)?.description ?? ""
      if found != "\(rate)" { wrong.append(found) }
    }
    #expect(wrong.isEmpty)
  }

  @Test("the rate is the standard rate nearest to the timestamps", arguments: rates)
  func rate(_ row: RateRow) {
    let found = InputRate.nearest(
      timestamps: row.timestamps, declared: row.declared, named: InputRate.named(row.named))
    #expect(found?.description == row.rate)
  }

  struct PassRow: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var codec: PassThroughCodec? = .h264
    /// Timestamps in frames, in decoding order.
    let timestamps: [Double]
    /// Indices of the key frames in `timestamps`.
    let keys: Set<Int>
    /// Indices of leading pictures.
    var leading: Set<Int> = []
    /// Whether units arrive 40 ms after each other; else their arrivals are unknown.
    var arrivesSteadily = false
    /// The index from which on they arrive 1.3 s later, since a line has held them.
    var heldFrom: Int?
    var segment: Int64 = 1_000_000
    let verdict: PassThroughAnalysis.Verdict
  }

  private static func regular(_ count: Int) -> [Double] { (0..<count).map(Double.init) }
  private static let rate25 = FrameRate(25) ?? .thirty

  static let passes = [
    PassRow(
      testDescription: "a GOP is a segment", timestamps: regular(51), keys: [0, 25, 50],
      verdict: .fits(.init(rate: rate25, groupFrames: 25, segmentFrames: 25))),
    PassRow(
      testDescription: "two segments per GOP", timestamps: regular(101), keys: [0, 50, 100],
      verdict: .fits(.init(rate: rate25, groupFrames: 50, segmentFrames: 50))),
    PassRow(
      testDescription: "five GOPs per segment", timestamps: regular(26),
      keys: [0, 5, 10, 15, 20, 25],
      verdict: .fits(.init(rate: rate25, groupFrames: 5, segmentFrames: 25))),
    PassRow(
      testDescription: "neither GOP nor segment is a multiple of the other",
      timestamps: regular(61),
      keys: [0, 30, 60],
      verdict: .fits(
        .init(rate: rate25, groupFrames: 30, segmentFrames: 25, hasVariableDuration: true))),
    PassRow(
      testDescription: "uneven timestamps without a declared rate: not measured for 3 s yet",
      timestamps: regular(51).map { $0 + ($0 == 9 ? 0.4 : 0) }, keys: [0, 25, 50],
      verdict: .undecided),
    PassRow(
      testDescription: "jitter within half a frame",
      timestamps: regular(101).map { $0 + ($0 == 9 ? 0.4 : 0) },
      keys: [0, 25, 50, 75, 100],
      verdict: .fits(.init(rate: rate25, groupFrames: 25, segmentFrames: 25))),
    PassRow(
      testDescription: "a frame is missing", timestamps: regular(102).filter { $0 != 9 },
      keys: [0, 24, 49, 74, 99],
      verdict: .fits(.init(rate: rate25, groupFrames: 25, segmentFrames: 25))),
    PassRow(
      testDescription: "each third frame is missing: no constant distance",
      timestamps: regular(150).filter { Int($0) % 3 != 1 }, keys: [0, 20, 40, 60, 80],
      verdict: .unfit(.irregularRate(FrameRate(15) ?? .thirty))),
    PassRow(
      testDescription: "the second timestamp equals the first",
      timestamps: regular(101).map { $0 == 1 ? 0 : $0 }, keys: [0, 25, 50, 75, 100],
      verdict: .fits(.init(rate: rate25, groupFrames: 25, segmentFrames: 25))),
    PassRow(
      testDescription: "the first timestamp is that of the second frame: nothing is measured",
      timestamps: regular(26).map { max(0, $0 - 1) }, keys: [0, 25],
      verdict: .fits(.init(rate: rate25, groupFrames: 25, segmentFrames: 25))),
    PassRow(
      testDescription: "a first timestamp over half a frame early may hide a lost frame",
      timestamps: regular(26).map { $0 == 0 ? 0.4 : $0 + 1 }, keys: [0, 25],
      verdict: .undecided),
    PassRow(
      testDescription: "a mapping that steps by 1.5 frames and back",
      timestamps: regular(101).map { $0 + ($0 < 8 || $0 > 30 ? 0 : 1.5) },
      keys: [0, 25, 50, 75, 100], arrivesSteadily: true,
      verdict: .fits(.init(rate: rate25, groupFrames: 25, segmentFrames: 25))),
    PassRow(
      testDescription: "a first timestamp over half a frame early, and a line that holds media",
      timestamps: regular(101).map { $0 == 0 ? 0.4 : $0 + 1 }, keys: [0, 25, 50, 75, 100],
      arrivesSteadily: true, heldFrom: 5,
      verdict: .fits(.init(rate: rate25, groupFrames: 25, segmentFrames: 25))),
    PassRow(
      testDescription: "key frames at changing distances", timestamps: regular(51),
      keys: [0, 20, 50],
      verdict: .fits(
        .init(rate: rate25, groupFrames: 30, segmentFrames: 25, hasVariableDuration: true))),
    PassRow(
      testDescription: "two B-frames in closed groups",
      timestamps: [0, 3, 1, 2, 6, 4, 5, 7, 10, 8, 9, 13, 11, 12, 14], keys: [0, 7, 14],
      segment: 280_000,
      verdict: .fits(
        .init(
          rate: rate25, groupFrames: 7, segmentFrames: 7,
          reordering: Reordering(lead: 2, delay: 1)))),
    PassRow(
      testDescription: "a displaced timestamp among B-frames, for the 3 s of a measured rate",
      timestamps: displaced, keys: Set(stride(from: 0, through: 84, by: 7)),
      segment: 280_000,
      verdict: .fits(
        .init(
          rate: rate25, groupFrames: 7, segmentFrames: 7,
          reordering: Reordering(lead: 7, delay: 1)))),
    PassRow(
      testDescription: "B-frames before the key frame that precedes them",
      timestamps: [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11], keys: [0, 7, 10], segment: 280_000,
      verdict: .unfit(.openGroup)),
    PassRow(
      testDescription: "a leading picture with timestamps that rise", timestamps: regular(51),
      keys: [0, 25, 50], leading: [3], verdict: .unfit(.openGroup)),
    PassRow(
      testDescription: "leading pictures before the first key frame",
      timestamps: (0..<51).map { Double($0) - 2 }, keys: [2, 27], leading: [0, 1],
      verdict: .fits(.init(rate: rate25, groupFrames: 25, segmentFrames: 25))),
    PassRow(
      testDescription: "no second key frame", timestamps: regular(120), keys: [0],
      verdict: .unfit(.longGroup(4))),
    PassRow(
      testDescription: "no key frame, as with a rolling intra refresh",
      timestamps: regular(120), keys: [], verdict: .unfit(.longGroup(4))),
    PassRow(
      testDescription: "the second key frame decides", timestamps: regular(26), keys: [0, 25],
      verdict: .fits(.init(rate: rate25, groupFrames: 25, segmentFrames: 25))),
    PassRow(
      testDescription: "no key frame ends a segment yet", timestamps: regular(40), keys: [0, 20],
      verdict: .undecided),
    PassRow(
      testDescription: "another codec", codec: nil, timestamps: [], keys: [],
      verdict: .unfit(.codec("h264"))),
  ]

  /// Groups of seven frames with B-frames, of which one has a wrong timestamp.
  private static var displaced: [Double] {
    var times = (0..<12).flatMap { group in
      [0.0, 3, 1, 2, 6, 4, 5].map { Double(7 * group) + $0 }
    }
    times[3] = 9.5
    return times + [84]
  }

  @Test("the analysis decides whether an input is passed through", arguments: passes)
  func pass(_ row: PassRow) {
    let video = InputDescription.Video(
      passThroughCodec: row.codec, codec: "h264", width: 64, height: 64, rate: nil,
      parameterSets: [], configuration: [])
    var analysis = PassThroughAnalysis(video, segmentMicroseconds: row.segment)
    for (index, timestamp) in row.timestamps.enumerated() {
      analysis.take(
        pts: SourceTime(nanoseconds: Int64(timestamp * 40_000_000)),
        isKey: row.keys.contains(index), isLeading: row.leading.contains(index),
        arrival: row.arrivesSteadily
          ? .origin + .milliseconds(Int64(index) * 40 + (index >= row.heldFrom ?? .max ? 1300 : 0))
          : nil)
    }
    #expect(analysis.verdict == row.verdict)
  }

  /// What units with B-frames have beside their timestamps.
  enum Known: CaseIterable { case dts, counts, both, neither }

  /// Four groups of 25 frames with `depth` B-frames between others, in decoding order; timestamps
  /// are off by up to `most` frames, and the first one by `first`.
  private static func reordered(
    _ depth: Int, _ known: Known, most: Double, first: Double = 0, seed: UInt64
  ) -> PassThroughAnalysis {
    var random = SplitMix64(seed: seed)
    let video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 64, height: 64, rate: nil, parameterSets: [],
      configuration: [])
    var analysis = PassThroughAnalysis(video, segmentMicroseconds: 1_000_000)
    var places = [0]
    while let last = places.max(), last < 24 {
      let next = min(last + depth + 1, 24)
      places += [next] + (last + 1..<next)
    }
    for index in 0...100 {
      let (group, place) = (index / 25 * 25, places[index % 25])
      let off = index == 0 ? first : Double.random(in: -most...most, using: &random)
      func time(_ frame: Int) -> SourceTime {
        SourceTime(nanoseconds: Int64((Double(frame) + 2 + off) * 40_000_000))
      }
      analysis.take(
        pts: time(group + place + 1),
        dts: known == .dts || known == .both ? time(index) : nil,
        count: known == .counts || known == .both ? Int64(2 * place) : nil,
        isKey: place == 0, arrival: .origin + .milliseconds(Int64(index) * 40 + 500))
    }
    return analysis
  }

  @Test(
    "B-frames with jitter of up to half a frame are passed through, also if the codec alone tells",
    arguments: [1, 2, 3], [0.2, 0.3, 0.375, 0.5])
  func jitteredReordering(depth: Int, most: Double) {
    var wrong: [String] = []
    for known in Known.allCases where known != .neither || most < 0.25 {
      for seed in UInt64(0)..<40 {
        let analysis = Self.reordered(depth, known, most: most, seed: seed)
        guard case .fits(let fit) = analysis.verdict else {
          wrong.append("\(known): \(analysis.verdict)")
          continue
        }
        let isRight =
          fit.groupFrames == 25 && !fit.hasVariableDuration
          && (known == .neither || fit.reordering == Reordering(lead: Int64(depth), delay: 1))
        if !isRight { wrong.append("\(known): \(fit)") }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(3))")
  }

  @Test(
    "so are those whose first key frame is stamped early or late",
    arguments: [1, 2, 3], [-0.5, 0.5, 1, 2])
  func displacedFirstKey(depth: Int, first: Double) {
    for known in Known.allCases {
      let analysis = Self.reordered(depth, known, most: 0, first: first, seed: 0)
      guard case .fits(let fit) = analysis.verdict, fit.groupFrames == 25 else {
        Issue.record("\(known): \(analysis.verdict)")
        continue
      }
    }
  }

  @Test(
    "all key frames of a file decide; as a loop it consists of whole segments, or they vary",
    arguments: [
      (count: 100, keys: [0, 25, 50, 75], isLoop: true, isVariable: false),
      (count: 90, keys: [0, 25, 50, 75], isLoop: true, isVariable: true),
      (count: 90, keys: [0, 25, 50, 75], isLoop: false, isVariable: false),
      (count: 100, keys: [0, 25, 50, 62, 87], isLoop: false, isVariable: true),
      (count: 50, keys: [0], isLoop: true, isVariable: false),
      (count: 10, keys: [0], isLoop: true, isVariable: true),
    ])
  func file(_ row: (count: Int, keys: [Int], isLoop: Bool, isVariable: Bool)) {
    let video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 64, height: 64, rate: nil, parameterSets: [],
      configuration: [])
    var analysis = PassThroughAnalysis(video, segmentMicroseconds: 1_000_000, isFile: true)
    for index in 0..<row.count {
      analysis.take(
        pts: .origin + .milliseconds(Int64(index) * 40), isKey: row.keys.contains(index))
      #expect(analysis.verdict == .undecided)
    }
    analysis.finish(isLoop: row.isLoop)
    guard case .fits(let fit) = analysis.verdict else {
      Issue.record("\(analysis.verdict)")
      return
    }
    #expect(fit.hasVariableDuration == row.isVariable)
  }

  @Test("a rotated picture and a playlist are not passed through")
  func unfit() {
    var video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 64, height: 64, rate: nil, parameterSets: [],
      configuration: [])
    let playlist = PassThroughAnalysis(video, segmentMicroseconds: 1_000_000, isPlaylist: true)
    #expect(playlist.verdict == .unfit(.playlist))
    video.rotation = .quarter
    #expect(
      PassThroughAnalysis(video, segmentMicroseconds: 1_000_000).verdict == .undecided)
  }

  @Test("frames before the first key frame do not count")
  func beginning() {
    let video = InputDescription.Video(
      passThroughCodec: .hevc, codec: "hevc", width: 64, height: 64, rate: nil, parameterSets: [],
      configuration: [])
    var analysis = PassThroughAnalysis(video, segmentMicroseconds: 1_000_000)
    for index in Int64(-7)..<51 {
      analysis.take(pts: .origin + .milliseconds(index * 40), isKey: index >= 0 && index % 25 == 0)
    }
    #expect(
      analysis.verdict
        == .fits(.init(rate: Self.rate25, groupFrames: 25, segmentFrames: 25)))
  }

  @Test("lateness is measured in the first second of live frames, not in a server's backlog")
  func survey() {
    var survey = InputSurvey()
    let frame: Interval = 40_000_000
    // One second of frames arrives at once, then live frames with up to 12 ms of jitter.
    for index in Int64(0)..<25 {
      survey.take(
        pts: .origin + index * frame, arrival: .origin + .seconds(1) + .microseconds(index),
        sent: nil)
    }
    for index in Int64(25)..<60 where !survey.isComplete {
      let jitter = Interval.milliseconds(index % 5 * 3)
      survey.take(
        pts: .origin + index * frame, arrival: .origin + index * frame + 5_000_000 + jitter,
        sent: nil)
    }
    #expect(survey.isComplete)
    #expect(survey.lateness == 12_000_000)
    #expect(survey.rate(declared: nil)?.description == "25")
    #expect(survey.lead == 0)
  }

  @Test("audio timestamps an hour off do not change the lateness of the video", arguments: [1, -1])
  func foreignAudio(sign: Int64) {
    var survey = InputSurvey()
    let hour = Interval.seconds(3600)
    for index in Int64(0)..<30 {
      let pts = SourceTime.origin + .milliseconds(index * 40)
      let time = MonotonicTime(pts, plus: .zero)
      survey.take(pts: pts, arrival: time + 5_000_000, sent: nil)
      survey.takeAudio(pts: pts + sign * hour, arrival: time + 6_000_000)
    }
    #expect(survey.lateness == 0)
    #expect(survey.audioLateness <= 100_000_000)
  }

  @Test("the sender's time adds its distance from arrival to the lateness")
  func sent() {
    var survey = InputSurvey()
    for index in Int64(0)..<30 {
      let captured = MonotonicTime.origin + .milliseconds(index * 40)
      survey.take(
        pts: SourceTime(captured, plus: .zero), arrival: captured + 70_000_000, sent: captured)
    }
    #expect(survey.isComplete && survey.lead == 70_000_000 && survey.lateness == 70_000_000)
  }
}
