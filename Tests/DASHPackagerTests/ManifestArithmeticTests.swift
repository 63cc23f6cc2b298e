// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("The number that a client computes from its clock is ours, ISO/IEC 23009-1 §5.3.9.5")
struct ManifestArithmeticTests {
  private static func client(
    _ form: ManifestCase, _ snapshot: WindowSnapshot
  ) throws -> ClientArithmetic {
    let manifest = try XMLElement(document: form.text(of: snapshot))
    return try #require(ClientArithmetic(manifest))
  }

  @Test("at every moment, before and after steps of the wall clock", arguments: ManifestCase.all)
  func numbers(form: ManifestCase) throws {
    var stream = try form.stream()
    let segmentation = stream.segmentation
    stream.publish(segments: 1)
    let names = form.names(segmentation)
    for (round, offset) in [0 as Interval, -200_000_000, 350_000_000].enumerated() {
      if round > 0 { stream.skip(Int64(round), offset: offset) }
      stream.publish(segments: 2)
      let snapshot = stream.window.snapshot
      let client = try Self.client(form, snapshot)
      let newest = try #require(snapshot.segments.last).number
      for number in newest...newest + 40 {
        let begins = segmentation.grid.frameTime(of: segmentation.firstFrame(of: number)) + offset
        // Printed times are rounded to 1 µs.
        let last = segmentation.segmentDuration - 2_000
        for moment in [2_000, segmentation.segmentDuration / 2, last] {
          let time = begins + moment - .origin
          #expect(client.number(at: time.microseconds) == names.printed(number))
        }
      }
    }
  }

  @Test(
    "the clock of a source differs from the first frame on: no Period@start is negative",
    arguments: [ManifestCase(), ManifestCase(rate: "30000/1001"), ManifestCase(numbering: .run)],
    [-6_312_000, -1_000_000_000, -2_500_000_001, 250_000_000])
  func firstOffset(form: ManifestCase, nanoseconds: Int64) throws {
    let offset = Interval.nanoseconds(nanoseconds)
    let stream = SyntheticStream(try #require(FrameRate(form.rate)))
    let segmentation = stream.segmentation
    let frames = segmentation.framesPerSegment
    stream.window.begin(
      (0...frames).map { SyntheticStream.chunk(stream.next + $0, segmentation) }, offset: offset,
      skipped: 0)
    let snapshot = stream.window.snapshot
    let manifest = try XMLElement(document: form.text(of: snapshot))
    let start = try #require(manifest.all("Period").first?["start"])
    #expect(!start.contains("-"))
    let client = try Self.client(form, snapshot)
    let number = try #require(snapshot.open).number
    let begins = segmentation.grid.frameTime(of: segmentation.firstFrame(of: number)) + offset
    for moment in [2_000, segmentation.segmentDuration - 2_000] {
      let time = begins + moment - .origin
      #expect(client.number(at: time.microseconds) == form.names(segmentation).printed(number))
    }
  }

  @Test(
    "a segment is available no earlier than its first chunk is published",
    arguments: ManifestCase.all)
  func availability(form: ManifestCase) throws {
    var stream = try form.stream()
    stream.publish(segments: 2)
    let (snapshot, segmentation) = (stream.window.snapshot, stream.segmentation)
    let first = try #require(snapshot.segments.first).number
    let client = try Self.client(form, snapshot)
    let names = form.names(segmentation)
    let parameters = form.parameters(segmentation)
    for number in first...first + 100 {
      let begins = segmentation.grid.frameTime(of: segmentation.firstFrame(of: number))
      let there =
        begins + segmentation.grid.rate.frameDuration
        + parameters.inputDelay + parameters.pipelineDelay
      let available = MediaTime.origin + .microseconds(client.available(names.printed(number)))
      let isLowLatency = parameters.availabilityTimeOffset != nil
      let due = isLowLatency ? there : begins + segmentation.segmentDuration
      // Rounded down to the millisecond: at most that much later than true, and never earlier.
      #expect(available >= due - 2_000 && available < due + 1_002_000, "\(number)")
    }
  }

  @Test(
    "media time has one timeline: live, ended, and numbered from 1", arguments: ManifestCase.all
  )
  func timeline(form: ManifestCase) throws {
    var stream = try form.stream()
    stream.publish(segments: 12)
    let live = try Self.client(form, stream.window.snapshot)
    stream.window.end()
    let ended = try Self.client(form, stream.window.snapshot)
    let run = form.names(stream.segmentation)
    let last = try #require(stream.window.snapshot.segments.last).number
    for number in last - 5...last {
      let ticks = stream.segmentation.grid.ticks(stream.segmentation.firstFrame(of: number))
      #expect(abs(live.presentationTime(ticks) - ended.presentationTime(ticks)) <= 1)
      // Presentation time and availability time begin at the same moment.
      let wall = live.availabilityStart + live.presentationTime(ticks)
      let first = stream.segmentation.firstFrame(of: number)
      let frameTime = stream.segmentation.grid.frameTime(of: first) - .origin
      #expect(abs(wall - frameTime.microseconds) <= 1)
    }
    // The first number of an ended MPD is the first that is listed.
    let listed = try #require(stream.window.snapshot.listed.first).number
    #expect(ended.startNumber == run.printed(listed))
  }

  /// FFmpeg 5.1, dashdec.c `calc_cur_seg_no`: with a presentation time offset the number is
  /// computed from it.
  @Test("FFmpeg asks for a segment that is complete or being made", arguments: ManifestCase.all)
  func ffmpeg(form: ManifestCase) throws {
    var stream = try form.stream()
    stream.publish(segments: 2)
    let snapshot = stream.window.snapshot
    let first = try #require(snapshot.segments.first).number
    let client = try Self.client(form, snapshot)
    let segmentation = stream.segmentation
    let names = form.names(segmentation)
    for number in first + 20...first + 120 {
      let begins = segmentation.grid.frameTime(of: segmentation.firstFrame(of: number))
      let now = (begins - .origin).wholeSeconds
      // In whole seconds; the minimum buffer time is below one.
      let start = client.availabilityStart / 1_000_000
      let asked =
        client.startNumber + ((now - start) * client.timescale - client.offset) / client.duration
      let distance = names.printed(number) - asked
      #expect(
        distance >= 0 && distance <= 2_500_000 / segmentation.segmentDuration.microseconds + 2,
        "\(number)")
    }
  }

  @Test(
    "the availability time offset is true",
    arguments: [
      // 1 − 1/30 − 0.02, and a frame of a camera's delay less.
      ("30", 1_000_000, 0, 946), ("30", 1_000_000, 1, 913), ("25", 1_000_000, 1, 900),
      ("30000/1001", 1_000_000, 0, 947), ("30", 500_000, 0, 446), ("60", 2_000_000, 0, 1963),
    ] as [(String, Int64, Int64, Int64)])
  func offset(rate: String, segment: Int64, delay: Int64, offset: Int64) throws {
    let form = ManifestCase(rate: rate, segment: segment, delay: delay)
    #expect(
      form.parameters(try form.stream().segmentation).availabilityTimeOffset
        == .milliseconds(offset))
  }

  @Test("segments too short for it have none")
  func tooShort() throws {
    let form = ManifestCase(rate: "10", segment: 100_000)
    #expect(form.parameters(try form.stream().segmentation).availabilityTimeOffset == nil)
  }
}
