// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Testing
import Time

@Suite("Constants of a stream's playlists, RFC 8216bis §4.4.3.7, §4.4.3.8")
struct ServerControlTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let rate: String
    let segment, part: Int64
    let target, partTarget, holdBack: Int64
    var testDescription: String { "\(rate), \(segment) µs, \(part) µs" }
  }

  /// PART-TARGET rounds up to the microsecond, three of them up to the millisecond.
  @Test(
    "PL-02, PL-04, PL-12: target duration, part target and hold-back",
    arguments: [
      Row(
        rate: "30", segment: 1_000_000, part: 100_000, target: 1, partTarget: 100_000,
        holdBack: 300_000),
      Row(
        rate: "25", segment: 1_000_000, part: 100_000, target: 1, partTarget: 120_000,
        holdBack: 360_000),
      Row(
        rate: "30000/1001", segment: 1_000_000, part: 100_000, target: 1, partTarget: 100_100,
        holdBack: 301_000),
      // Two frames are 0.083416…, three times 0.083417 is 0.250251.
      Row(
        rate: "24000/1001", segment: 1_000_000, part: 100_000, target: 1, partTarget: 83_417,
        holdBack: 251_000),
      Row(
        rate: "12.5", segment: 1_000_000, part: 100_000, target: 1, partTarget: 80_000,
        holdBack: 240_000),
      // One frame is 0.0333…; printed 0.033334, of which 0.1 would be less than three.
      Row(
        rate: "30", segment: 1_000_000, part: 1, target: 1, partTarget: 33_334, holdBack: 101_000),
      Row(
        rate: "30", segment: 2_000_000, part: 200_000, target: 2, partTarget: 200_000,
        holdBack: 600_000),
      Row(
        rate: "30", segment: 6_000_000, part: 1_000_000, target: 6, partTarget: 1_000_000,
        holdBack: 3_000_000),
      Row(
        rate: "30", segment: 500_000, part: 100_000, target: 1, partTarget: 100_000,
        holdBack: 300_000),
    ])
  func table(row: Row) throws {
    let segmentation = Segmentation(
      rate: try #require(FrameRate(row.rate)), segmentMicroseconds: row.segment,
      partMicroseconds: row.part)
    let control = ServerControl(segmentations: [.video(segmentation)])
    #expect(control.targetDuration == row.target)
    #expect(control.partTarget == .microseconds(row.partTarget))
    #expect(control.partHoldBack == .microseconds(row.holdBack))
    #expect(control.skipUntil == 6 * row.target)
    let requested = ServerControl(segmentations: [.video(segmentation)], holdBack: .seconds(5))
    #expect(requested.partHoldBack == .seconds(5))
  }

  @Test("RFC 8216 §6.2.1: the Target Duration of earlier sessions stays")
  func earlier() throws {
    let video = TrackSegmentation.video(
      Segmentation(rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000))
    func control(_ least: Int64) -> ServerControl {
      ServerControl(segmentations: [video], targetDurationAtLeast: least)
    }
    #expect(control(5).targetDuration == 5 && control(5).skipUntil == 30)
    #expect(control(0) == control(1))
  }

  /// Three of the largest part target of all renditions (Apple's authoring rules, 14.3): five AAC
  /// frames of 48 kHz last 0.1066…, printed 0.106667, of which 0.32 would be less than three.
  @Test("PL-12: with audio all playlists have the largest part target")
  func audio() throws {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    let audio = try #require(AudioSegmentation(following: video, sampleRate: 48_000))
    let control = ServerControl(segmentations: [.video(video), .audio(audio)])
    #expect(control.partTarget == .microseconds(106_667))
    #expect(control.partHoldBack == .microseconds(321_000))
    #expect(control.targetDuration == 1)
  }
}
