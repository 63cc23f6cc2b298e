// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("The pace of segments without media, RFC 8216 §6.2.2")
struct OutagePaceTests {
  private func at(_ seconds: Double) -> MonotonicTime {
    MonotonicTime(nanoseconds: Int64((seconds * 1_000_000_000).rounded()))
  }

  private func progress(
    _ complete: Int64, _ newest: Int64, completed: Double, heard: Double
  ) -> OutagePace.Progress {
    OutagePace.Progress(
      complete: complete, newest: newest, completed: at(completed), heard: at(heard))
  }

  @Test("nothing is due while segments become complete in time")
  func steady() {
    let pace = OutagePace(targetDuration: 1, segmentDuration: .seconds(1))
    for second in 10..<20 {
      let time = Double(second)
      let found = progress(Int64(second), Int64(second + 1), completed: time, heard: time + 0.9)
      #expect(pace.step(at(time + 0.96), found) == .wait(until: at(time + 1.8)))
    }
  }

  @Test("the open segment is due after 1.5 target durations, gaps follow one by one")
  func outage() {
    var pace = OutagePace(targetDuration: 1, segmentDuration: .seconds(1))
    var found = progress(7, 8, completed: 10, heard: 10.4)
    #expect(pace.step(at(11.49), found) == .wait(until: at(11.5)))
    #expect(pace.step(at(11.5), found) == .list(8))
    pace.note(8, at(11.5), found)
    for gap in Int64(9)...40 {
      let time = 11.5 + Double(gap - 8)
      found = progress(gap - 1, gap - 1, completed: time - 1, heard: 10.4)
      #expect(pace.step(at(time - 0.01), found) == .wait(until: at(time)))
      #expect(pace.step(at(time), found) == .list(gap))
      pace.note(gap, at(time), found)
    }
  }

  @Test("a line that holds media for less than 0.9 s is not away, at the end of a segment neither")
  func held() {
    let pace = OutagePace(targetDuration: 1, segmentDuration: .seconds(1))
    let found = progress(7, 8, completed: 10, heard: 10.96)
    #expect(pace.step(at(11.8), found) == .wait(until: at(11.86)))
    #expect(pace.step(at(11.86), found) == .list(8))
  }

  @Test("without an open segment the next number is due")
  func between() {
    let pace = OutagePace(targetDuration: 2, segmentDuration: .seconds(2))
    let found = progress(7, 7, completed: 10, heard: 10)
    #expect(pace.step(at(12.9), found) == .wait(until: at(13)))
    #expect(pace.step(at(13), found) == .list(8))
  }

  @Test("media that returns is awaited for 1.5 target durations again")
  func returned() {
    var pace = OutagePace(targetDuration: 1, segmentDuration: .seconds(1))
    let found = progress(7, 7, completed: 10, heard: 10)
    pace.note(8, at(11.5), found)
    let back = progress(9, 10, completed: 13, heard: 13.1)
    #expect(pace.step(at(14), back) == .wait(until: at(14.5)))
  }

  @Test("a machine that stood still lists the missed numbers at their pace")
  func stoodStill() {
    var pace = OutagePace(targetDuration: 1, segmentDuration: .seconds(1))
    var found = progress(7, 7, completed: 10, heard: 10)
    #expect(pace.step(at(60), found) == .list(8))
    pace.note(8, at(60), found)
    found = progress(8, 8, completed: 60, heard: 10)
    #expect(pace.step(at(60), found) == .wait(until: at(60.5)))
  }
}
