// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Foundation
import Media
import Sharing
import Testing

@testable import Streams

@Suite("A stream's sound")
struct EncodedAudioTrackTests {
  static let segment: Int64 = 1_795_155_720

  static func segmentation() throws -> AudioSegmentation {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    return try #require(AudioSegmentation(following: video, sampleRate: 48_000))
  }

  @Test("history is silence, then the tone: each part is out when its last frame has ended")
  func live() throws {
    let segmentation = try Self.segmentation()
    var track = try EncodedAudioTrack(
      AudioEncoderSettings(), segmentation: segmentation, from: Self.segment - 3)
    let tone = TestTone()
    let pacer = TonePacer(segmentation: segmentation)
    let begin = Self.segment * 1_000_000_000 + 377_000_000
    var chunks = try track.prefill(to: segmentation.sample(atOrBefore: begin))
    // Everything that has ended by then, but for the part that goes on.
    var due = segmentation.firstFrame(of: Self.segment - 3)
    func check(_ chunks: [AudioChunk]) {
      for chunk in chunks {
        #expect(chunk.firstFrame == due)
        #expect(chunk.captured == segmentation.nanoseconds(chunk.firstFrame))
        due += chunk.frames
      }
    }
    check(chunks)
    var now = begin
    while now < begin + 5_000_000_000 {
      now = pacer.nextPart(after: track.next)
      let end = pacer.end(at: now)
      let next = track.next
      chunks = try track.take(tone.audio(from: next, count: Int(end - next)), at: next)
      #expect(chunks.count == 1)
      check(chunks)
      // It has just ended: the last sample is not a nanosecond older than it must be.
      #expect(segmentation.nanoseconds(due) + 1 == now)
    }
    #expect(
      try track.finish().reduce(0) { $0 + $1.frames } + due
        >= segmentation.firstFrame(of: Self.segment + 5))
    #expect(track.codecs == "mp4a.40.2" && !track.header.isEmpty)
  }

  @Test("sound starts, stops and comes again: the chunks are without a hole")
  func interrupted() throws {
    let segmentation = try Self.segmentation()
    var track = try EncodedAudioTrack(
      AudioEncoderSettings(), segmentation: segmentation, from: Self.segment)
    let first = segmentation.firstFrame(of: Self.segment)
    var chunks = try track.take(
      .silence(channels: 2, count: 30_000), at: segmentation.ticks(first) + 777)
    while track.next < segmentation.ticks(first) + 400_000 {
      let before = track.next
      chunks += try track.fill(to: segmentation.ticks(first) + 400_000)
      #expect(track.next - before <= 48_000)
    }
    chunks += try track.take(
      .silence(channels: 2, count: 5000), at: segmentation.ticks(first) + 399_000)
    chunks += try track.finish()
    var next = first
    for chunk in chunks {
      #expect(chunk.firstFrame == next)
      next += chunk.frames
    }
    #expect(next == first + 404_000 / 1024)
  }

  @Test(
    "picture and sound are written to files for a look at their offset",
    .enabled(if: ProcessInfo.processInfo.environment["STREAMER_AV_FOLDER"] != nil))
  func files() throws {
    let folder = try #require(ProcessInfo.processInfo.environment["STREAMER_AV_FOLDER"])
    let segmentation = try Self.segmentation()
    let grid = segmentation.video.grid
    var encoder = try VideoEncoder(
      EncoderSettings(
        size: try #require(VideoSize("320x180")), rate: grid.rate, bitrateKilobits: 700))
    let source = try TestPattern(size: try #require(VideoSize("320x180")))
    let writer = ChunkWriter()
    var video = try encoder.initSegment()
    let first = segmentation.video.firstFrame(of: Self.segment)
    for frame in first + 10..<first + 130 {
      for coded in try encoder.encode(
        source.draw(frame: frame, milliseconds: grid.nanoseconds(frame) / 1_000_000),
        pts: grid.ticks(frame), independent: frame == first + 10)
      {
        let sample = Sample(
          payload: coded.bytes, decodeTime: grid.ticks(frame),
          duration: UInt32(grid.rate.ticksPerFrame), captured: grid.nanoseconds(frame),
          sequence: UInt32(truncatingIfNeeded: frame), isSync: coded.isIndependent)
        video += writer.chunk(sample, startsSegment: frame == first + 10).array
      }
    }
    var track = try EncodedAudioTrack(
      AudioEncoderSettings(), segmentation: segmentation, from: Self.segment)
    let tone = TestTone().audio(from: track.next, count: 220_000)
    let chunks = try track.take(tone, at: track.next) + track.finish()
    let audio = chunks.reduce(track.header) { $0 + $1.bytes.array }
    try Data(video).write(to: URL(fileURLWithPath: folder + "/video.mp4"))
    try Data(audio).write(to: URL(fileURLWithPath: folder + "/audio.mp4"))
  }
}
