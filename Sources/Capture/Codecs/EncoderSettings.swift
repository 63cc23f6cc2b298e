// SPDX-License-Identifier: Apache-2.0

package import Media

/// The parameters of a video encoder.
///
/// Two encoders of equal settings write equal CMAF headers.
package struct EncoderSettings: Sendable, Hashable {
  /// The coded size; frames of other sizes are scaled and letterboxed.
  package var size: VideoSize
  /// The frame rate; its timescale is the timescale of `pts`.
  package var rate: FrameRate
  /// The bitrate in kbit/s; exceeded for a few frames at most.
  package var bitrateKilobits: Int
  /// The libavcodec name of the encoder.
  package var encoder: String
  /// The preset, in the encoder's own names; encoders other than libx264 ignore unknown names.
  package var preset: String

  /// The bitrate by which libx264 chooses the level; nil for that of the settings.
  ///
  /// Equal values give equal parameter sets, whatever the bitrate, if size, frame rate and preset
  /// are equal.
  package var levelKilobits: Int?

  /// Whether libx264 takes less time for each frame than the preset demands, with the parameter
  /// sets of the preset.
  package var isHurried = false
  /// The chroma quantizer offset of a hurried libx264.
  ///
  /// Slow presets have another one than fast ones, in their parameter sets.
  var chromaOffset = 0

  /// Settings; the defaults suit low latency on a CPU.
  package init(
    size: VideoSize, rate: FrameRate, bitrateKilobits: Int, encoder: String = defaultEncoder,
    preset: String = defaultPreset, levelKilobits: Int? = nil
  ) {
    self.size = size
    self.rate = rate
    self.bitrateKilobits = bitrateKilobits
    self.encoder = encoder
    self.preset = preset
    self.levelKilobits = levelKilobits
  }

  /// The number of slices encoded in parallel.
  ///
  /// One thread suffices up to 720p. Each frame thread would delay the output by one frame.
  var threads: Int { size.width * size.height > 1280 * 720 ? 2 : 1 }

  /// The size of the rate control buffer, in bits.
  ///
  /// Five frames keep the part of a key frame near the mean size; one frame would starve key
  /// frames.
  var bufferBits: Int {
    let bits = Int64(bitrateKilobits) * 1000 * 5 * rate.denominator / rate.numerator
    return Int(min(max(bits, 10_000), Int64(Int32.max)))
  }
}
