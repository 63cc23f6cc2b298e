// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Media

/// What makes chunks of a stream's sound: each AAC frame comes once and in order, silence where there is none.
///
/// Confined to one thread.
protocol AudioTrack: ~Copyable {
  /// How AAC frames fall into the video's segments.
  var segmentation: AudioSegmentation { get }
  /// The CMAF header.
  var header: [UInt8] { get }
  /// RFC 6381 codecs string.
  var codecs: String { get }
  /// The sample that comes next, since 1970.
  var next: Int64 { get }

  /// Silence for all frames that end before the sample `position`, faster than live.
  ///
  /// Only for a track that has nothing yet.
  mutating func prefill(to position: Int64) throws(FFmpegError) -> [AudioChunk]

  /// Says that no sound comes before the sample `position` any more; what is missing is silence, of which a second is
  /// made at a time.
  mutating func fill(to position: Int64) throws(FFmpegError) -> [AudioChunk]

  /// Leaves out everything before segment `segment`: the grid has skipped it.
  mutating func jump(to segment: Int64) throws(FFmpegError)

  /// What is left at the end of the stream.
  mutating func finish() throws(FFmpegError) -> [AudioChunk]
}

extension AudioTrack where Self: ~Copyable {
  /// Hands chunks to `outlet` until it says to go on with another segment.
  ///
  /// - Throws: the encoder's error.
  mutating func emit(
    _ chunks: [AudioChunk], to outlet: AudioChunkHandler
  ) throws(FFmpegError) {
    for chunk in chunks {
      if let segment = outlet(chunk) { return try jump(to: segment) }
    }
  }

  /// Makes everything silence that lies before the sample `position` and has not come.
  ///
  /// - Throws: the encoder's error.
  mutating func fill(to position: Int64, emit outlet: AudioChunkHandler) throws(FFmpegError) {
    while next + AudioSegmentation.samplesPerFrame <= position {
      let before = next
      try emit(try fill(to: position), to: outlet)
      guard next > before else { return }
    }
  }
}

/// Takes a chunk of sound; gives the segment with which the track has to go on, where the grid skipped to it.
typealias AudioChunkHandler = (AudioChunk) -> Int64?
