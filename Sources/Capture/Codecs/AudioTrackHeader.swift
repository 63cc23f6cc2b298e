// SPDX-License-Identifier: Apache-2.0

package import Media

/// The CMAF header of a copied AAC track.
package enum AudioTrackHeader {
  /// `ftyp` and `moov`, written by libavformat; the timescale is the configuration's sample rate.
  ///
  /// - Parameters:
  ///   - configuration: a configuration of AAC-LC; copied to `esds`.
  ///   - channels: used if the configuration leaves them to a program config element.
  ///   - bitrateKilobits: the bitrate for `esds`, in kbit/s; 0 if unknown.
  ///   - language: the language for `mdhd`.
  /// - Returns: the header.
  /// - Throws: ``FFmpegError`` of the muxer.
  package static func make(
    _ configuration: AudioSpecificConfig, channels: Int = 2, bitrateKilobits: Int = 0,
    language: Language = .undetermined
  ) throws(FFmpegError) -> [UInt8] {
    let settings = AudioEncoderSettings(
      sampleRate: configuration.sampleRate,
      channels: configuration.channels > 0 ? configuration.channels : channels,
      bitrateKilobits: bitrateKilobits, language: language)
    return try CMAFHeader.write(configuration, settings)
  }
}
