// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@Suite("Audio segmentation: AAC frames in the segments of the video")
struct AudioSegmentationTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let rate: String
    let segment: Int64
    let sampleRate: Int32
    var testDescription: String { "\(rate), \(segment) µs, \(sampleRate) Hz" }

    func video() throws -> Segmentation {
      Segmentation(
        rate: try #require(FrameRate(rate)), segmentMicroseconds: segment, partMicroseconds: 100_000
      )
    }
    func audio(part: Int64? = nil) throws -> AudioSegmentation {
      try #require(
        AudioSegmentation(following: try video(), sampleRate: sampleRate, framesPerPart: part))
    }
  }

  static let rows: [Row] = [Int32(48_000), 44_100].flatMap { sampleRate in
    ["30", "25", "30000/1001"].flatMap { rate in
      [Int64(500_000), 1_000_000, 2_000_000, 6_000_000].map {
        Row(rate: rate, segment: $0, sampleRate: sampleRate)
      }
    }
  }

  /// Segment numbers around 1970, about now, and far in the future to find overflows.
  static func numbers(_ row: Row, count: Int64) -> [Range<Int64>] {
    let now = 1_795_155_720_000_000 / row.segment
    return [-20..<20, now..<now + count, now * 1000..<now * 1000 + 50]
  }

  @Test(
    "a phase is the distance to the nearest frame of the grid, in steps of 1/32 frame",
    arguments: [(0, 0), (15, 0), (17, 32), (500, 512), (511, 512), (512, -512), (1000, -32)]
      as [(Int64, Int64)])
  func phase(samples: Int64, phase: Int64) throws {
    let audio = try Self.rows[1].audio()
    let first = audio.ticks(audio.firstFrame(of: 1_795_155_720))
    // A source rounds its timestamps, here up.
    let time = MediaTime.origin + Interval(ticks: first + samples, timescale: 48_000)
    #expect(audio.phase(of: time + .nanoseconds(1)) == phase)
  }

  @Test(
    "a segment begins with the AAC frame that contains the start of the video segment",
    arguments: rows)
  func boundary(row: Row) throws {
    let (audio, video) = (try row.audio(), try row.video())
    let wrong = Self.numbers(row, count: 3000).joined().first { number in
      // frame/sampleRate ≤ boundary < (frame + 1)/sampleRate, by cross-multiplication.
      let first = audio.firstFrame(of: number)
      let boundary =
        Int128(video.grid.ticks(video.firstFrame(of: number))) * Int128(row.sampleRate)
      let timescale = Int128(video.grid.rate.timescale)
      return Int128(audio.ticks(first)) * timescale > boundary
        || boundary >= Int128(audio.ticks(first + 1)) * timescale
    }
    #expect(wrong == nil)
  }

  @Test("each AAC frame is in exactly one segment and one part", arguments: rows)
  func partition(row: Row) throws {
    let audio = try row.audio()
    let track = TrackSegmentation.audio(audio)
    // 300 s, since segments of whole seconds repeat after 8 or 256 s; or 100,000 AAC frames each.
    let microseconds = TestLength.of(short: Int64(300_000_000), long: 2_000_000_000)
    for numbers in Self.numbers(row, count: microseconds / row.segment) {
      var next = audio.firstFrame(of: numbers.lowerBound)
      for number in numbers {
        var part: Int64 = 0
        let frames = audio.frames(in: number)
        for index in 0..<frames {
          let (position, ends) = (track.position(of: next), track.ends(next))
          guard track.segment(of: next) == number, position / audio.framesPerPart == part,
            position == index, ends.segment == (index + 1 == frames)
          else {
            Issue.record("frame \(next) is not at \(number), \(part), \(index): \(position)")
            return
          }
          if ends.part { part += 1 }
          next += 1
        }
        guard part == audio.parts(in: number), next == audio.firstFrame(of: number + 1),
          audio.segment(of: next) == number + 1, audio.segment(of: next - 1) == number,
          track.position(of: next) == 0
        else {
          Issue.record("segment \(number) has \(part) parts and ends before frame \(next)")
          return
        }
      }
    }
  }

  @Test("all parts but the last of a segment have five AAC frames (85 % rule)", arguments: rows)
  func partDurations(row: Row) throws {
    let audio = try row.audio()
    #expect(audio.framesPerPart == 5)
    let last = Self.numbers(row, count: 3000).joined().map {
      audio.frames(in: $0) - (audio.parts(in: $0) - 1) * 5
    }
    #expect(last.allSatisfy { (1...5).contains($0) })
  }

  @Test(
    "segments differ by at most one AAC frame, and their mean duration is the video's",
    arguments: rows)
  func segmentDurations(row: Row) throws {
    let (audio, video) = (try row.audio(), try row.video())
    let first = Self.numbers(row, count: 1)[1].lowerBound
    let counts = Set((first..<first + 3000).map { audio.frames(in: $0) })
    let most = try #require(counts.max())
    #expect(counts.isSubset(of: [most, most - 1]))
    #expect(audio.maximumSegmentTicks == most * 1024)
    let (audioTicks, videoTicks) = (
      audio.ticks(audio.firstFrame(of: first + 3000) - audio.firstFrame(of: first)),
      3000 * video.segmentTicks
    )
    let difference =
      Int128(audioTicks) * Int128(video.grid.rate.timescale)
      - Int128(videoTicks) * Int128(row.sampleRate)
    #expect(difference.magnitude < 1024 * UInt128(video.grid.rate.timescale))
  }

  @Test("the number of parts since 1970 is exact, so versions rise by one", arguments: rows)
  func versions(row: Row) throws {
    let audio = try row.audio()
    #expect(audio.partsBefore(0) == 0)
    let wrong = Self.numbers(row, count: 3000).joined().first { number in
      let before = audio.partsBefore(number)
      let parts = audio.parts(in: number)
      return audio.partsBefore(number + 1) != before + parts || parts > audio.maximumPartsPerSegment
    }
    #expect(wrong == nil)
  }

  @Test("at any requested part duration, versions rise by one and no part exceeds a segment")
  func anyPart() throws {
    var random = SplitMix64(seed: 5)
    for _ in 0..<300 {
      let row = try #require(Self.rows.randomElement(using: &random))
      let requested = Int64.random(in: 1...60, using: &random)
      let audio = try row.audio(part: requested)
      let first = Int64.random(in: 0...3_000_000_000, using: &random)
      let shortest = (first..<first + 40).map { audio.frames(in: $0) }.min()
      #expect(audio.framesPerPart <= (shortest ?? 0))
      #expect(audio.framesPerPart == requested || requested > audio.framesPerPart)
      for number in first..<first + 40 {
        #expect(
          audio.partsBefore(number + 1) - audio.partsBefore(number) == audio.parts(in: number))
        #expect(audio.parts(in: number) >= 1)
      }
    }
  }

  @Test("one second at 48 kHz is 46 or 47 AAC frames in ten parts of at most 106.7 ms")
  func example() throws {
    let audio = try Row(rate: "30", segment: 1_000_000, sampleRate: 48_000).audio()
    let number: Int64 = 1_795_155_720
    // ⌊1795155720 · 46.875⌋ = 84147924375
    #expect(audio.firstFrame(of: number) == 84_147_924_375)
    #expect(audio.ticks(84_147_924_375) == number * 48_000)
    let counts = (number..<number + 8).map { audio.frames(in: $0) }
    #expect(counts == [46, 47, 47, 47, 47, 47, 47, 47])
    #expect(audio.parts(in: number) == 10 && audio.maximumPartsPerSegment == 10)
    #expect(audio.partTicks == 5120)
    let start: MediaTime = .origin + .seconds(number)
    #expect(audio.frameTime(of: 84_147_924_375) == start)
    #expect(audio.frameTime(of: 84_147_924_376) == start + 21_333_333)
    #expect(audio.sample(atOrBefore: start + 20_833) == number * 48_000)
    #expect(audio.sample(atOrBefore: start + 20_834) == number * 48_000 + 1)
  }

  @Test("audio parts are longer with longer video parts, and never shorter than five AAC frames")
  func requestedPart() throws {
    // At 30 fps. An audio part is at most as long as a video part, but has at least five frames.
    let rows: [(Int64, Int64)] = [(33_333, 5), (100_000, 5), (200_000, 9), (333_333, 15)]
    for (requested, frames) in rows {
      let video = Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: requested)
      let audio = try #require(AudioSegmentation(following: video, sampleRate: 48_000))
      #expect(audio.framesPerPart == frames)
    }
  }

  @Test("a video segment shorter than an AAC frame has no audio segment")
  func tooShort() throws {
    let video = Segmentation(
      rate: try #require(FrameRate("60")), segmentMicroseconds: 1, partMicroseconds: 1)
    #expect(AudioSegmentation(following: video, sampleRate: 48_000) == nil)
    #expect(AudioSegmentation(following: video, sampleRate: 96_000) != nil)
  }
}
