// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Media

/// A stream's sound whose AAC frames are the source's own: they are put in their places and not coded again.
struct CopiedAudioTrack: AudioTrack, ~Copyable {
  let segmentation: AudioSegmentation
  let header: [UInt8]
  let codecs: String

  private var chunker: AudioChunker
  private var frames: AudioFramePlacer

  /// A track that begins with segment `segment`.
  ///
  /// - Throws: the muxer's error.
  init(
    _ passed: CopiedAudioFormat, segmentation: AudioSegmentation, from segment: Int64
  ) throws(FFmpegError) {
    let header = try passed.header()
    let silence = try ContinuousAudioEncoder.silence(passed.settings)
    self.header = header
    codecs = passed.configuration.codecString
    self.segmentation = segmentation
    chunker = AudioChunker(segmentation: segmentation)
    frames = AudioFramePlacer(
      silence: silence, sampleRate: segmentation.sampleRate,
      from: segmentation.firstFrame(of: segment))
  }

  var next: Int64 { segmentation.ticks(frames.next) }

  mutating func prefill(to position: Int64) throws(FFmpegError) -> [AudioChunk] {
    chunks(frames.fill(to: position / AudioSegmentation.samplesPerFrame))
  }

  /// Takes a coded frame whose first sample belongs to `mediaTime`: nanoseconds since 1970.
  ///
  /// - Returns: the chunks that are complete.
  mutating func take(_ bytes: [UInt8], at mediaTime: Int64) -> [AudioChunk] {
    chunks(frames.take(bytes, at: mediaTime))
  }

  mutating func fill(to position: Int64) throws(FFmpegError) -> [AudioChunk] {
    let second = frames.next + Int64(segmentation.sampleRate) / AudioSegmentation.samplesPerFrame
    return chunks(frames.fill(to: min(position / AudioSegmentation.samplesPerFrame, second)))
  }

  mutating func jump(to segment: Int64) throws(FFmpegError) {
    frames.jump(to: segmentation.firstFrame(of: segment))
    chunker = AudioChunker(segmentation: segmentation)
  }

  mutating func finish() throws(FFmpegError) -> [AudioChunk] { chunker.flush() }

  private mutating func chunks(_ frames: [EncodedAudioFrame]) -> [AudioChunk] {
    var made: [AudioChunk] = []
    for frame in frames {
      made += chunker.add(
        frame.bytes, frame: frame.index, captured: segmentation.nanoseconds(frame.index))
    }
    return made
  }
}
