// SPDX-License-Identifier: Apache-2.0

package import Media

/// What an encoder is asked for.
///
/// Two encoders of equal settings write equal CMAF headers.
package struct EncoderSettings: Sendable, Hashable {
  /// The coded size; pictures of other sizes are scaled and letterboxed.
  package var size: VideoSize
  /// Pictures a second; its timescale is that of `pts`.
  package var rate: FrameRate
  /// Bits a second, in thousands; never exceeded for longer than a few frames.
  package var bitrateKilobits: Int
  /// The encoder's name in libavcodec.
  package var encoder: String
  /// The preset, by the encoder's own names; one that is not libx264 ignores a name it does not know.
  package var preset: String

  /// Settings; the defaults suit low latency on a processor.
  package init(
    size: VideoSize, rate: FrameRate, bitrateKilobits: Int, encoder: String = "libx264",
    preset: String = "superfast"
  ) {
    self.size = size
    self.rate = rate
    self.bitrateKilobits = bitrateKilobits
    self.encoder = encoder
    self.preset = preset
  }

  /// The presets of libx264, fastest first.
  package static let presets = [
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
    "placebo",
  ]

  /// Slices that are coded at the same time: one thread is enough up to 720p, and frame threads would each cost a frame.
  var threads: Int { size.width * size.height > 1280 * 720 ? 2 : 1 }

  /// The bit reservoir.
  ///
  /// Five frames keep a key frame's part near the mean; one frame would starve the key frames.
  var bufferBits: Int {
    let bits = Int64(bitrateKilobits) * 1000 * 5 * rate.denominator / rate.numerator
    return Int(min(max(bits, 10_000), Int64(Int32.max)))
  }
}
