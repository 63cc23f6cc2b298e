// SPDX-License-Identifier: Apache-2.0

import Capture
import Media

/// A source's own AAC frames in their places, each of which comes once and in order.
///
/// Coded frames cannot be stretched: one is repeated or left out where the source's clock has run away by more than
/// nine sixteenths of a frame, and what is missing is silence.
struct AudioFramePlacer: Sendable {
  private let silence: [UInt8]
  private let sampleRate: Int32
  private var aligner: AudioFrameAligner

  /// Frames of that rate from the AAC frame `first` on, with a coded frame of silence between others.
  init(silence: [UInt8], sampleRate: Int32, from first: Int64) {
    self.silence = silence
    self.sampleRate = sampleRate
    aligner = AudioFrameAligner(sampleRate: sampleRate, from: first)
  }

  /// The AAC frame that comes next.
  var next: Int64 { aligner.next }

  /// Takes a coded frame whose first sample belongs to `mediaTime`: nanoseconds since 1970.
  ///
  /// - Returns: what comes in its place, and what was missing before it.
  mutating func take(_ bytes: [UInt8], at mediaTime: Int64) -> [EncodedAudioFrame] {
    let place = aligner.place(at: mediaTime)
    var made = frames(place.missing, of: place.isRepeat ? bytes : silence)
    if let index = place.index { made += frames(index..<index + 1, of: bytes) }
    return made
  }

  /// Silence in all places before the AAC frame `index` that have nothing.
  mutating func fill(to index: Int64) -> [EncodedAudioFrame] {
    frames(aligner.skip(to: index), of: silence)
  }

  /// Goes on with the AAC frame `index`; nothing comes between.
  mutating func jump(to index: Int64) {
    aligner = AudioFrameAligner(sampleRate: sampleRate, from: index)
  }

  private func frames(_ places: Range<Int64>, of bytes: [UInt8]) -> [EncodedAudioFrame] {
    places.map { EncodedAudioFrame(position: $0 * AudioSegmentation.samplesPerFrame, bytes: bytes) }
  }
}
