// SPDX-License-Identifier: Apache-2.0

import Testing
import Time

@testable import Capture

@Suite("Video tracks of one publisher as renditions")
struct RenditionAlignerTests {
  /// An access unit whose byte is the number of its track.
  private func unit(_ track: Int, at milliseconds: Int64, isKey: Bool = false) -> AccessUnit {
    AccessUnit(
      bytes: [UInt8(track)], parameterSets: [], isKey: isKey,
      pts: .origin + .milliseconds(milliseconds), dts: nil, arrival: .origin, senderTime: nil)
  }

  /// Milliseconds and tracks of each returned unit.
  private func text(_ units: [AccessUnit]) -> [String] {
    units.map { unit in
      let time = (unit.pts - SourceTime.origin).milliseconds
      return "\(time):" + ([unit] + unit.others).map { "\($0.bytes[0])" }.joined()
    }
  }

  @Test("units of equal times are joined in any order of their arrival")
  func joined() {
    var aligner = RenditionAligner(others: [2, 1])
    #expect(text(aligner.take(unit(0, at: 0, isKey: true), track: 0)) == [])
    #expect(text(aligner.take(unit(2, at: 1, isKey: true), track: 2)) == [])
    #expect(text(aligner.take(unit(1, at: 0, isKey: true), track: 1)) == ["0:012"])
    #expect(text(aligner.take(unit(1, at: 33), track: 1)) == [])
    #expect(text(aligner.take(unit(1, at: 66), track: 1)) == [])
    #expect(text(aligner.take(unit(0, at: 33), track: 0)) == [])
    #expect(text(aligner.take(unit(2, at: 33), track: 2)) == ["33:012"])
    #expect(aligner.fault == nil)
  }

  @Test("another key frame ends the ladder; every unit of the first track is kept")
  func keys() {
    var aligner = RenditionAligner(others: [1])
    #expect(aligner.take(unit(0, at: 0, isKey: true), track: 0).isEmpty)
    #expect(text(aligner.take(unit(1, at: 0, isKey: true), track: 1)) == ["0:01"])
    #expect(aligner.take(unit(0, at: 33, isKey: true), track: 0).isEmpty)
    #expect(aligner.take(unit(0, at: 66), track: 0).isEmpty)
    #expect(text(aligner.take(unit(1, at: 33), track: 1)) == ["33:0", "66:0"])
    #expect(aligner.fault == .keyFrames(1))
    #expect(text(aligner.take(unit(0, at: 99), track: 0)) == ["99:0"])
    #expect(aligner.take(unit(1, at: 99), track: 1).isEmpty)
  }

  @Test("units that wait when the ladder fails are returned with the next unit")
  func failed() {
    var aligner = RenditionAligner(others: [1])
    #expect(aligner.take(unit(0, at: 0, isKey: true), track: 0).isEmpty)
    aligner.fail(.codec(1))
    #expect(text(aligner.take(unit(1, at: 0, isKey: true), track: 1)) == ["0:0"])
    #expect(text(aligner.take(unit(0, at: 33), track: 0)) == ["33:0"])
  }

  @Test("a lost frame ends the ladder")
  func lost() {
    var aligner = RenditionAligner(others: [1])
    _ = aligner.take(unit(0, at: 0, isKey: true), track: 0)
    _ = aligner.take(unit(1, at: 0, isKey: true), track: 1)
    _ = aligner.take(unit(0, at: 33), track: 0)
    _ = aligner.take(unit(0, at: 66), track: 0)
    #expect(text(aligner.take(unit(1, at: 66), track: 1)) == ["33:0", "66:0"])
    #expect(aligner.fault == .frames(1))
  }

  @Test("a track may begin later than the first, before the first common frame")
  func late() {
    var aligner = RenditionAligner(others: [1])
    for time: Int64 in [0, 33, 66] {
      #expect(aligner.take(unit(0, at: time, isKey: time != 33), track: 0).isEmpty)
    }
    #expect(text(aligner.take(unit(1, at: 66, isKey: true), track: 1)) == ["66:01"])
    #expect(aligner.fault == nil)
  }

  @Test("a track that stays away ends the ladder, and the waiting units are bounded")
  func away() {
    var aligner = RenditionAligner(others: [1])
    var found: [AccessUnit] = []
    for index: Int64 in 0..<100 {
      found += aligner.take(unit(0, at: index * 33, isKey: index == 0), track: 0)
    }
    #expect(found.count == 100 && found.allSatisfy(\.others.isEmpty))
    #expect(aligner.fault == .frames(1))
    // Without the first track nothing is published, and nothing accumulates.
    var other = RenditionAligner(others: [1])
    for index: Int64 in 0..<100 {
      #expect(other.take(unit(1, at: index * 33), track: 1).isEmpty)
    }
    #expect(other.fault == .frames(1))
  }

  @Test("a single track never waits")
  func single() {
    var aligner = RenditionAligner(others: [])
    #expect(text(aligner.take(unit(0, at: 0), track: 0)) == ["0:0"])
  }
}
