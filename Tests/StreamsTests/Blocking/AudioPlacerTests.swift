// SPDX-License-Identifier: Apache-2.0

import CMAF
import Foundation
import Media
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture
@testable import Streams

@Suite("AAC frames at their positions", .blocking)
struct AudioPlacerTests {
  /// A placer of encoded audio and the chunks of its AAC frames.
  struct Track: ~Copyable {
    var placer: AudioPlacer
    var chunker: AudioChunker
    let segmentation: AudioSegmentation

    init(_ segmentation: AudioSegmentation, from segment: Int64) throws {
      placer = try AudioPlacer(
        nil, AudioEncoderSettings(), from: segmentation.firstFrame(of: segment))
      chunker = AudioChunker(segmentation: segmentation)
      self.segmentation = segmentation
    }

    mutating func chunks(_ frames: [EncodedAudioFrame]) -> [AudioChunk] {
      var chunks: [AudioChunk] = []
      for frame in frames {
        let captured = segmentation.frameTime(of: frame.index).wall
        chunks += chunker.add(frame.bytes, frame: frame.index, captured: captured)
      }
      return chunks
    }

    mutating func encode(_ audio: PCMBlock, at position: Int64) throws -> [AudioChunk] {
      chunks(try placer.encode(audio, at: position))
    }

    mutating func finish() throws -> [AudioChunk] {
      chunks(try placer.finish()) + chunker.flush()
    }
  }

  static let segment: Int64 = 1_795_155_720

  static func segmentation() throws -> AudioSegmentation {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    return try #require(AudioSegmentation(following: video, sampleRate: 48_000))
  }

  @Test("the prefill is silence, then the tone is encoded when two frames or a part end")
  func live() throws {
    let segmentation = try Self.segmentation()
    var track = try Track(segmentation, from: Self.segment - 3)
    let tone = TestTone()
    let pacer = TonePacer(segmentation: segmentation)
    let begin = MediaTime.origin + .seconds(Self.segment) + .milliseconds(377)
    var chunks = track.chunks(
      try track.placer.prefill(to: segmentation.sample(atOrBefore: begin) / 1024))
    // All AAC frames that have ended, except that of the incomplete chunk.
    var due = segmentation.firstFrame(of: Self.segment - 3)
    func check(_ chunks: [AudioChunk]) {
      for chunk in chunks {
        #expect(chunk.firstFrame == due)
        #expect(chunk.captured == segmentation.frameTime(of: chunk.firstFrame).wall)
        due += chunk.frames
      }
    }
    check(chunks)
    var now = begin
    while now < begin + .seconds(5) {
      now = pacer.nextChunk(after: track.placer.next)
      let end = pacer.end(at: now)
      let next = track.placer.next
      chunks = try track.encode(tone.audio(from: next, count: Int(end - next)), at: next)
      let last = end / 1024 - Int64(AudioEncoder.delayFrames) - 1
      let grouping = TrackSegmentation.audio(segmentation)
      let inPart = grouping.position(of: last) % segmentation.framesPerPart
      #expect(grouping.ends(last).part || inPart % 2 == 1, "two frames, or the end of a part")
      // The prefill may have ended with this chunk.
      #expect(chunks.count == (last < due ? 0 : 1))
      check(chunks)
      // The frames are complete one nanosecond after the end of their last sample.
      #expect(segmentation.frameTime(of: last + 1) + 1 == now)
    }
    #expect(
      try track.finish().reduce(0) { $0 + $1.frames } + due
        >= segmentation.firstFrame(of: Self.segment + 5))
    #expect(track.placer.codecs == "mp4a.40.2" && !track.placer.header.isEmpty)
  }

  @Test("audio that stops and returns leaves no hole between chunks")
  func interrupted() throws {
    let segmentation = try Self.segmentation()
    var track = try Track(segmentation, from: Self.segment)
    let first = segmentation.firstFrame(of: Self.segment)
    var chunks = try track.encode(
      .silence(channels: 2, count: 30_000), at: segmentation.ticks(first) + 777)
    while track.placer.next / 1024 < first + 400_000 / 1024 {
      let before = track.placer.next
      chunks += track.chunks(try track.placer.fill(to: first + 400_000 / 1024))
      #expect(track.placer.next - before <= 48_000)
    }
    chunks += try track.encode(
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
    "other audio in a track of copied AAC is decoded and encoded with the parameters of the track",
    arguments: [(Int32(48_000), 2), (Int32(44_100), 2), (Int32(8000), 1), (Int32(48_000), 6)])
  func otherForm(rate: Int32, channels: Int) throws {
    // AAC-LC, 44.1 kHz, mono.
    let aac = InputDescription.Audio(
      codec: "aac", sampleRate: 44_100, channels: 1, configuration: [0x12, 0x08])
    let pcm = InputDescription.Audio(
      codec: "pcm_s16le", sampleRate: Int(rate), channels: channels, configuration: [])
    let format = try #require(CopiedAudioFormat(aac))
    let first = Int64(1000)
    var placer = try AudioPlacer(
      format, AudioEncoderSettings(sampleRate: 44_100, channels: 2), from: first)
    let header = placer.header
    #expect(placer.accepts(aac) && !placer.accepts(pcm) && placer.canEncode)
    func time(_ samples: Int64) -> MediaTime {
      .origin + Interval(ticks: first * 1024 + samples, timescale: 44_100)
    }
    func entry(_ format: InputDescription.Audio, _ bytes: [UInt8]) -> AudioQueue.Entry {
      .init(bytes: bytes, format: format, pts: .origin, captured: .origin)
    }
    var frames: [EncodedAudioFrame] = []
    let silence = try format.silence()
    for index in Int64(0)..<4 {
      frames += try placer.place(entry(aac, silence), at: time(index * 1024))
    }
    // Two seconds of a square wave in packets of 20 ms.
    let count = Int(rate) / 50
    for index in Int64(0)..<100 {
      let samples = (0..<count).flatMap { sample in
        [[UInt8]](repeating: [0, sample / (count / 20) % 2 == 0 ? 0x30 : 0xD0], count: channels)
      }
      frames += try placer.place(
        entry(pcm, samples.flatMap(\.self)), at: time(4 * 1024 + index * 882))
    }
    let encoded = frames.count
    for index in Int64(0)..<4 {
      frames += try placer.place(entry(aac, silence), at: time((4 + 88 + index) * 1024))
    }
    #expect(frames.map(\.index) == Array(first..<first + Int64(frames.count)))
    #expect(frames.suffix(2).allSatisfy { $0.bytes == silence }, "copied again")
    #expect(placer.header == header)
    var decoder = try AudioDecoder(
      codec: "aac", extradata: aac.configuration, sampleRate: 44_100, channels: 1)
    var peaks: [Float] = []
    for frame in frames.prefix(encoded) {
      for decoded in try decoder.decode(frame.bytes, pts: frame.position) {
        #expect(decoded.sampleRate == 44_100 && decoded.audio.planes.count == 1)
        peaks.append(decoded.audio.planes[0].map(abs).max() ?? 0)
      }
    }
    #expect(decoder.damaged == 0)
    #expect(peaks.dropFirst(8).allSatisfy { $0 > 0.1 }, "\(peaks)")
  }

  @Test(
    "audio and video are written to files, to measure their offset with other tools",
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
        source.draw(frame: frame, milliseconds: grid.frameTime(of: frame).milliseconds),
        pts: grid.ticks(frame), independent: frame == first + 10)
      {
        let sample = Sample(
          payload: coded.bytes, decodeTime: grid.ticks(frame),
          duration: UInt32(grid.rate.ticksPerFrame), captured: grid.frameTime(of: frame).wall,
          sequence: UInt32(truncatingIfNeeded: frame), isSync: coded.isIndependent)
        video += writer.chunk(sample, startsSegment: frame == first + 10).array
      }
    }
    var track = try Track(segmentation, from: Self.segment)
    let tone = TestTone().audio(from: track.placer.next, count: 220_000)
    let chunks = try track.encode(tone, at: track.placer.next) + track.finish()
    let audio = chunks.reduce(track.placer.header) { $0 + $1.bytes.array }
    try Data(video).write(to: URL(fileURLWithPath: folder + "/video.mp4"))
    try Data(audio).write(to: URL(fileURLWithPath: folder + "/audio.mp4"))
  }

  @Test("after an error another encoder continues with the AAC frame that is due")
  func recovered() throws {
    let segmentation = try Self.segmentation()
    let first = segmentation.firstFrame(of: Self.segment)
    var placer = try AudioPlacer(nil, AudioEncoderSettings(), from: first)
    var frames = try placer.fill(to: first + 10)
    // The encoder refuses all samples after its end.
    frames += try placer.finish()
    let due = try #require(frames.last).index + 1
    #expect(throws: FFmpegError.self) { try placer.fill(to: first + 20) }
    #expect(throws: FFmpegError.self) { try placer.fill(to: first + 30) }
    try placer.recover()
    #expect(placer.next == due * 1024)
    frames += try placer.fill(to: due + 10)
    // A placer without an error is unchanged.
    try placer.recover()
    frames += try placer.fill(to: due + 20)
    #expect(frames.map(\.index) == Array(first..<due + 18))
  }
}
