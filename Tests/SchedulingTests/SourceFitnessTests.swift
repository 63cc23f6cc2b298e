// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import Testing
import Time

@Suite("Whether a live source can still be passed through")
struct SourceFitnessTests {
  /// One frame per character: `I` a key frame, `p` a frame, `B` a B-frame (its timestamp is that
  /// of the frame before the last one), `L` a leading picture in the order of display, `.` a lost
  /// frame, `|` the source was away.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let frames: String
    /// The number of frames after which the fault is found; nil if it never is.
    let found: Int?
    var fault = SourceFitness.Fault.reordered
    var testDescription: String { name }
  }

  static let group = "I" + String(repeating: "p", count: 9)
  /// As x264 sends them: each B-frame after the frame that follows it.
  static let reordered = "I" + String(repeating: "pB", count: 5)
  static let rows: [Row] = [
    Row(name: "groups of one second", frames: String(repeating: group, count: 60), found: nil),
    Row(name: "the first group is reordered", frames: reordered, found: 5),
    Row(
      name: "so is the first one after an outage", frames: group + group + "|" + reordered,
      found: 25),
    Row(name: "frames before the first IDR do not count", frames: "|pBpBpB" + group, found: nil),
    Row(
      name: "a reordered group between others", frames: group + group + reordered + group + group,
      found: nil),
    Row(name: "two reordered groups", frames: group + group + reordered + reordered, found: 36),
    Row(
      name: "one wrong timestamp per group", frames: group + "IppBpppppp" + "IppBpppppp",
      found: nil),
    Row(name: "lost frames", frames: String(repeating: "Ipp..ppp.p", count: 20), found: nil),
    Row(name: "the first leading picture", frames: group + group + "ILpppppppp", found: 22),
    Row(name: "a leading picture after an outage", frames: group + "|L", found: 11),
    Row(
      name: "no IDR for 4.1 s", frames: group + String(repeating: "p", count: 40), found: 42,
      fault: .longGroup),
    Row(
      name: "nor after an outage", frames: group + "|" + String(repeating: "p", count: 45),
      found: 52, fault: .longGroup),
    Row(
      name: "an IDR every four seconds",
      frames: String(repeating: "I" + String(repeating: "p", count: 39), count: 4), found: nil),
  ]

  @Test("frames of ten per second", arguments: rows)
  func timeline(_ row: Row) {
    var fitness = SourceFitness(rate: .init(10, 1) ?? .thirty, maximumGroupTime: .seconds(4))
    var (time, count): (Int64, Int) = (0, 0)
    var found: (Int, SourceFitness.Fault)?
    for character in row.frames where found == nil {
      if character == "|" {
        // Another encoder: its timestamps begin at 0.
        (time, _) = (0, fitness.breakOff())
        continue
      }
      time += 1
      guard character != "." else { continue }
      // A frame that is shown after its B-frame is one frame ahead of its place in the order.
      let shown = character == "B" ? time - 2 : time
      count += 1
      let pts = SourceTime.origin + .milliseconds(100 * shown)
      if let fault = fitness.take(
        pts: pts, isKey: character == "I", isLeading: character == "L")
      {
        found = (count, fault)
      }
    }
    #expect(found?.0 == row.found)
    if let found { #expect(found.1 == row.fault) }
  }

  /// A source of groups of 30 frames, with timestamps in whole milliseconds; it may have been away.
  private func fault(
    _ rate: Double, jitter: Int64 = 0, groups: Int64, of length: Int64 = 30, returns: Bool = false
  ) -> SourceFitness.Fault? {
    var fitness = SourceFitness(rate: .thirty, maximumGroupTime: .seconds(4))
    if returns { fitness.breakOff() }
    for index in 0..<groups * length {
      let pts = Int64(Double(index) * 1000 / rate) + (index % 2 == 0 ? jitter : -jitter)
      let found = fitness.take(
        pts: .origin + .milliseconds(pts), isKey: index % length == 0)
      if let found { return found }
    }
    return nil
  }

  @Test("another rate is found after two groups", arguments: [12, 24, 25, 50, 60])
  func rate(_ rate: Double) {
    #expect(fault(rate, groups: 2) == nil)
    #expect(fault(rate, groups: 3) == .irregularRate)
  }

  @Test("after an outage another rate is found after one group", arguments: [12, 24, 25, 50, 60])
  func rateOfNext(_ rate: Double) {
    #expect(fault(rate, groups: 1, returns: true) == nil)
    #expect(fault(rate, groups: 2, returns: true) == .irregularRate)
  }

  @Test(
    "groups that are too short to tell their rate are judged together", arguments: [12, 24, 25],
    [23.976, 24, 25, 50])
  func shortGroups(_ length: Int64, _ rate: Double) {
    #expect(fault(rate, groups: 1, of: length, returns: true) == nil)
    #expect(fault(rate, groups: 4, of: length, returns: true) == .irregularRate)
    #expect(fault(rate, groups: 6, of: length) == .irregularRate)
    #expect(fault(30, jitter: 7, groups: 20, of: length, returns: true) == nil)
  }

  @Test(
    "the rate itself, half of it and a clock that is fast are no fault",
    arguments: [15, 29.97, 30, 30.009])
  func sameRate(_ rate: Double) {
    #expect(fault(rate, groups: 20) == nil)
    #expect(fault(rate, jitter: 7, groups: 20) == nil)
    #expect(fault(rate, jitter: 7, groups: 20, returns: true) == nil)
  }

  @Test("timestamps that start over are neither reordered nor a long group")
  func restart() {
    var fitness = SourceFitness(rate: .thirty, maximumGroupTime: .seconds(4))
    for turn in [Int64(90_000_000), 0, 500_000] {
      for index in Int64(0)..<60 {
        let pts = SourceTime.origin + .milliseconds(turn + index * 1000 / 30)
        #expect(fitness.take(pts: pts, isKey: index % 30 == 0) == nil)
      }
    }
  }
}
