// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import Testing
import Time

@Suite("The effort of an encoder")
struct EncoderEffortTests {
  private static let late = Interval.milliseconds(300)

  /// An encoder that takes a slot every 50 ms.
  private struct Run {
    var effort = EncoderEffort()
    var now = MonotonicTime.at(0)
    var steps: [EncoderEffort.Step] = []

    mutating func pass(_ seconds: Double, lag: Interval) {
      for _ in 0..<Int(seconds * 20) {
        now += .milliseconds(50)
        let before = effort.step
        effort.observe(lag: lag, now: now)
        if effort.step != before { steps.append(effort.step) }
      }
    }
  }

  @Test(
    "half the frames, then less effort per frame, then a quarter of the frames: within a second")
  func order() {
    var run = Run()
    run.pass(10, lag: .milliseconds(250))
    #expect(run.steps.isEmpty && run.effort.slotsPerFrame == 1 && !run.effort.hurries)
    run.pass(0.25, lag: Self.late)
    #expect(run.steps.isEmpty)
    run.pass(0.75, lag: Self.late)
    #expect(run.steps == [.halfRate, .hurried, .quarterRate])
    #expect(run.effort.slotsPerFrame == 4 && run.effort.hurries && run.effort.isLeast)
    run.pass(10, lag: Self.late)
    #expect(run.steps.count == 3)
  }

  @Test("one short delay, as after a suspended process, changes nothing; a second one does")
  func burst() {
    var run = Run()
    run.pass(0.2, lag: .seconds(3))
    run.pass(6, lag: .zero)
    run.pass(0.2, lag: .seconds(3))
    run.pass(1, lag: .zero)
    #expect(run.steps.isEmpty)
    run.pass(0.2, lag: Self.late)
    #expect(run.steps == [.halfRate])
  }

  @Test("the step before is tried after 5 s, the next ones 2 s later; later if a trial fails")
  func rest() {
    var run = Run()
    run.pass(1, lag: Self.late)
    run.pass(4.9, lag: .zero)
    #expect(run.effort.step == .quarterRate)
    run.pass(0.2, lag: .zero)
    #expect(run.effort.step == .hurried)
    run.pass(4, lag: .zero)
    #expect(run.effort.step == .full)
    run.pass(10, lag: .zero)
    run.pass(0.3, lag: Self.late)
    #expect(run.effort.step == .halfRate)
    run.pass(5.2, lag: .zero)
    for rest in [7.5, 11.25, 16.875, 25.3125, 37.96875, 56.953125, 60, 60] {
      #expect(run.effort.step == .full)
      // The first late slot is enough.
      run.pass(0.2, lag: Self.late)
      #expect(run.effort.step == .halfRate)
      run.pass(rest - 0.2, lag: .zero)
      #expect(run.effort.step == .halfRate, "before \(rest) s")
      run.pass(0.5, lag: .zero)
    }
    // A later load is no failed trial.
    run.pass(6, lag: .zero)
    run.pass(0.3, lag: Self.late)
    run.pass(5.2, lag: .zero)
    #expect(run.effort.step == .full)
  }

  @Test("a trial that fails delays no other step")
  func steps() {
    var run = Run()
    run.pass(1, lag: Self.late)
    run.pass(5.1, lag: .zero)
    #expect(run.effort.step == .hurried)
    run.pass(0.2, lag: Self.late)
    #expect(run.effort.step == .quarterRate)
    run.pass(7.3, lag: .zero)
    #expect(run.effort.step == .quarterRate)
    run.pass(0.5, lag: .zero)
    #expect(run.effort.step == .hurried)
    run.pass(4, lag: .zero)
    #expect(run.effort.step == .full)
  }

  @Test("frames are shown for whole slots, never beyond their part or segment")
  func groups() {
    // 30 frames in parts of eight: the last one has six.
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 260_000)
    #expect(segmentation.framesPerPart == 8)
    func counts(_ slotsPerFrame: Int64, waiting: Int = 0) -> [Int64] {
      var grouping = SlotGrouping(segmentation)
      return (0..<30).compactMap {
        grouping.take(3000 + $0, slotsPerFrame: slotsPerFrame, waiting: waiting)
      }
    }
    #expect(counts(1) == Array(repeating: 1, count: 30))
    #expect(counts(2) == Array(repeating: 2, count: 15))
    #expect(counts(4) == [4, 4, 4, 4, 4, 4, 4, 2])
    #expect(counts(8) == [8, 8, 8, 6])
    // Half a second has 15 slots: a shorter delay of the machine costs no frame.
    #expect(counts(1, waiting: 15) == Array(repeating: 1, count: 30))
    #expect(counts(1, waiting: 16) == [8, 8, 8, 6])
    var grouping = SlotGrouping(segmentation)
    #expect(grouping.take(3005, slotsPerFrame: 4, waiting: 0) == 3)
    #expect(grouping.take(3007, slotsPerFrame: 1, waiting: 0) == nil)
    #expect(grouping.take(3008, slotsPerFrame: 1, waiting: 0) == 1)
  }

  @Test("a frame with a splice has a slot of its own, however many slots wait")
  func groupsAtSplices() {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 260_000)
    for waiting in [0, 99] {
      var grouping = SlotGrouping(segmentation)
      let splices: [Int64] = [3003, 3008, 3009, 3021]
      let starts = (Int64(3000)..<3030).filter { index in
        grouping.take(
          index, slotsPerFrame: 4, waiting: waiting, before: splices.first { $0 > index }) != nil
      }
      #expect(Set(splices).isSubset(of: starts), "\(starts)")
    }
  }
}
