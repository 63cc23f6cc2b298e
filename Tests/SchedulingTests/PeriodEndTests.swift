// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing
import Time

@Suite("Ends of discontinuity periods whose source continues")
struct PeriodEndTests {
  /// A source of 25 frames per second with an IDR each second, and the period ends that it caused.
  private struct Source {
    var schedule: PassThroughSchedule
    var ends: [PeriodEnd] = []

    init(maximumGroupTime: Int64? = nil) {
      schedule = PassThroughSchedule(
        segmentation: Segmentation(
          rate: FrameRate(25) ?? .thirty, segmentMicroseconds: 1_000_000,
          partMicroseconds: 200_000, maximumGroupMicroseconds: maximumGroupTime),
        first: 0)
    }

    /// Takes frames whose timestamps are off by `error` and whose arrivals are late by `delay`.
    mutating func take(
      _ range: Range<Int64>, error: Interval = .zero, delay: Interval = .zero,
      isKey: (Int64) -> Bool = { $0.isMultiple(of: 25) }
    ) {
      for index in range {
        let time = Interval.milliseconds(40) * index
        _ = schedule.assign(
          pts: .origin + .seconds(100) + time + error, isKey: isKey(index),
          captured: 1_795_155_720_300_000_000 + time + delay,
          arrival: .origin + .seconds(200) + time + delay)
        if let end = schedule.takePeriodEnd() { ends.append(end) }
      }
    }
  }

  @Test("a steady source ends none")
  func none() {
    var source = Source()
    source.take(0..<250)
    #expect(source.ends.isEmpty)
  }

  @Test("frames of more than half a second that did not arrive are missing")
  func missing() {
    var source = Source()
    source.take(0..<60)
    source.take(80..<150)
    #expect(source.ends == [.framesMissing])
  }

  @Test("a lost access unit at the start of a segment is missing")
  func missingStart() {
    var source = Source()
    source.take(0..<75)
    source.take(76..<150)
    #expect(source.ends == [.framesMissing])
  }

  @Test("timestamps of another clock have jumped", arguments: [-40, 100] as [Int64])
  func jump(seconds: Int64) {
    var source = Source()
    source.take(0..<60)
    source.take(60..<150, error: .seconds(seconds))
    #expect(source.ends == [.timestampsJumped])
  }

  @Test("timestamps of another clock after a pause have jumped")
  func jumpAfterPause() {
    var source = Source()
    source.take(0..<60)
    source.take(60..<150, error: .seconds(-40), delay: .milliseconds(700))
    #expect(source.ends == [.timestampsJumped])
  }

  @Test("a key frame that has moved is named")
  func moved() {
    var source = Source()
    source.take(0..<150) { $0 < 50 ? $0.isMultiple(of: 25) : ($0 - 1).isMultiple(of: 25) }
    #expect(source.ends == [.keyFrameMissing])
  }

  @Test("a group that is longer than the longest segment is named")
  func long() {
    var source = Source(maximumGroupTime: 2_000_000)
    source.take(0..<250) { $0 == 0 || $0 == 200 }
    #expect(source.ends == [.groupTooLong])
  }

  @Test("a path that has become longer, or shorter, is named with the change")
  func offset() {
    for delay in [300, -300] as [Int64] {
      var source = Source()
      source.take(0..<60)
      source.take(60..<150, delay: .milliseconds(delay))
      #expect(source.ends == [.offset(.milliseconds(delay))])
      #expect(
        source.ends.map(\.description) == [
          "by the wall clock, media arrives 300 ms \(delay < 0 ? "earlier" : "later") than before"
        ])
    }
  }
}
