// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@Suite("Video and audio tracks answer the same questions about segmentation")
struct TrackSegmentationTests {
  static func tracks(_ rate: String, _ segment: Int64) throws -> [TrackSegmentation] {
    let video = Segmentation(
      rate: try #require(FrameRate(rate)), segmentMicroseconds: segment, partMicroseconds: 100_000)
    return [.video(video)]
      + [Int32(48_000), 44_100].compactMap { rate in
        AudioSegmentation(following: video, sampleRate: rate).map { .audio($0) }
      }
  }

  @Test(
    "frames, parts and segments are consecutive",
    arguments: ["30", "25", "30000/1001"], [Int64(500_000), 1_000_000, 2_000_000])
  func consecutive(rate: String, segment: Int64) throws {
    for track in try Self.tracks(rate, segment) {
      let first = 1_795_155_720_000_000 / segment
      var frame = track.firstFrame(of: first)
      for number in first..<first + 50 {
        #expect(track.firstFrame(of: number) == frame && track.position(of: frame) == 0)
        var parts = track.partsBefore(number)
        let end = frame + track.frames(in: number)
        while frame < end {
          let ends = track.ends(frame)
          #expect(track.segment(of: frame) == number && ends.segment == (frame + 1 == end))
          if ends.part { parts += 1 }
          frame += 1
        }
        #expect(parts == track.partsBefore(number) + track.parts(in: number))
        #expect(parts == track.partsBefore(number + 1))
        #expect(track.segmentTicks(number) == track.frames(in: number) * track.ticksPerFrame)
      }
    }
  }

  @Test("all tracks of a stream begin a segment within one AAC frame")
  func together() throws {
    let tracks = try Self.tracks("30000/1001", 2_000_000)
    for number in Int64(896_680_181)..<896_680_181 + 200 {
      let times = tracks.map { $0.frameTime(of: $0.firstFrame(of: number)) }
      for time in times.dropFirst() { #expect((.zero..<23_219_955).contains(times[0] - time)) }
    }
  }

  @Test(
    "no segment, rounded to the nearest second, is longer than the target duration",
    arguments: ["30", "25", "30000/1001", "24"], [Int64(500_000), 1_000_000, 1_490_000, 2_480_000])
  func target(rate: String, segment: Int64) throws {
    for track in try Self.tracks(rate, segment) {
      for number in Int64(0)..<500 {
        let ticks = track.segmentTicks(number)
        let rounded = (2 * ticks + Int64(track.timescale)) / (2 * Int64(track.timescale))
        #expect(rounded <= track.targetDuration)
      }
    }
  }
}
