// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Media

/// A stream's sound: its encoder and what makes chunks of the coded frames.
///
/// Confined to one thread. Each AAC frame from the first on comes once and in order, with silence where there was no
/// sound.
struct EncodedAudioTrack: AudioTrack, ~Copyable {
  /// How AAC frames fall into the video's segments.
  let segmentation: AudioSegmentation
  /// The CMAF header.
  let header: [UInt8]
  /// RFC 6381 codecs string.
  let codecs: String

  private var frames: ContinuousAudioEncoder
  private var chunker: AudioChunker

  /// Opens the encoder of a track that begins with segment `segment`.
  ///
  /// - Throws: the encoder's error.
  init(
    _ settings: AudioEncoderSettings, segmentation: AudioSegmentation, from segment: Int64
  ) throws(FFmpegError) {
    let frames = try ContinuousAudioEncoder(settings, from: segmentation.firstFrame(of: segment))
    header = try frames.header()
    codecs = frames.codecs
    self.segmentation = segmentation
    chunker = AudioChunker(segmentation: segmentation)
    self.frames = frames
  }

  /// The sample that comes next, since 1970.
  var next: Int64 { frames.next }

  /// Silence for all frames that end before the sample `position`, faster than encoding each.
  ///
  /// One coded frame of silence is as good as another. Only for a track that has nothing yet.
  /// - Returns: the chunks that are complete.
  /// - Throws: the encoder's error.
  mutating func prefill(to position: Int64) throws(FFmpegError) -> [AudioChunk] {
    let (first, end) = (frames.first, position / AudioSegmentation.samplesPerFrame)
    guard end > first else { return [] }
    let silence = try ContinuousAudioEncoder.silence(frames.settings)
    try frames.jump(to: end)
    return chunks(
      (first..<end).map {
        EncodedAudioFrame(position: segmentation.ticks($0), bytes: silence)
      })
  }

  /// Encodes sound whose first sample is the sample `position` since 1970.
  ///
  /// - Returns: the chunks that are complete: up to ``AudioEncoder/delayFrames`` frames before the sound's end.
  /// - Throws: the encoder's error.
  mutating func take(
    _ audio: PCMBlock, at position: Int64
  ) throws(FFmpegError) -> [AudioChunk] {
    chunks(try frames.take(audio, at: position))
  }

  /// Says that no sound comes before the sample `position` any more; what is missing is silence, of which a second is
  /// made at a time.
  ///
  /// - Returns: the chunks that are complete.
  /// - Throws: the encoder's error.
  mutating func fill(to position: Int64) throws(FFmpegError) -> [AudioChunk] {
    chunks(try frames.fill(to: min(position, next + Int64(segmentation.sampleRate))))
  }

  /// Leaves out everything before segment `segment`: the grid has skipped it.
  ///
  /// - Throws: the encoder's error.
  mutating func jump(to segment: Int64) throws(FFmpegError) {
    try frames.jump(to: segmentation.firstFrame(of: segment))
    chunker = AudioChunker(segmentation: segmentation)
  }

  /// What is left at the end of the stream.
  mutating func finish() throws(FFmpegError) -> [AudioChunk] {
    chunks(try frames.finish()) + chunker.flush()
  }

  private mutating func chunks(_ frames: [EncodedAudioFrame]) -> [AudioChunk] {
    var made: [AudioChunk] = []
    for frame in frames {
      // Sound is mapped to media time before it is encoded, so that its place is when it was captured.
      made += chunker.add(
        frame.bytes, frame: frame.index, captured: segmentation.nanoseconds(frame.index))
    }
    return made
  }
}
