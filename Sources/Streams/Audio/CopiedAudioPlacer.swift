// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Time

/// Places a source's audio frames on the grid of their length: each position once and in order.
///
/// Coded audio cannot be stretched: a frame is repeated or omitted when the source's clock has
/// drifted by more than nine sixteenths of an AAC frame. Missing audio becomes silence.
struct CopiedAudioPlacer: Sendable {
  private let silence: [UInt8]
  private let sampleRate: Int32
  /// Samples in a frame.
  private let length: Int64
  private var aligner: AudioFramePositioner

  /// A placer for positions from the frame `first` on; `silence` is a coded frame, and each frame
  /// has `length` samples.
  init(
    silence: [UInt8], sampleRate: Int32, length: Int64 = AudioSegmentation.samplesPerAACFrame,
    from first: Int64
  ) {
    self.silence = silence
    self.sampleRate = sampleRate
    self.length = length
    aligner = AudioFramePositioner(sampleRate: sampleRate, length: length, from: first)
  }

  /// The index of the next AAC frame.
  var next: Int64 { aligner.next }

  /// Places an AAC frame whose first sample belongs to `mediaTime`.
  ///
  /// - Returns: the AAC frame at its position, after the positions that were missing before it.
  mutating func place(_ bytes: [UInt8], at mediaTime: MediaTime) -> [EncodedAudioFrame] {
    let placement = aligner.place(at: mediaTime)
    var placed = frames(placement.missing, of: placement.isRepeat ? bytes : silence)
    if let index = placement.index { placed += frames(index..<index + 1, of: bytes) }
    return placed
  }

  /// Silence at all positions before the AAC frame `index` that have no audio.
  mutating func fill(to index: Int64) -> [EncodedAudioFrame] {
    frames(aligner.skip(to: index), of: silence)
  }

  /// Continues with the AAC frame `index`, without audio before it.
  mutating func jump(to index: Int64) {
    aligner = AudioFramePositioner(sampleRate: sampleRate, length: length, from: index)
  }

  private func frames(_ indices: Range<Int64>, of bytes: [UInt8]) -> [EncodedAudioFrame] {
    indices.map {
      // bounded: positions are those of times that can be expressed
      EncodedAudioFrame(position: $0 * length, bytes: bytes, length: length)
    }
  }
}
