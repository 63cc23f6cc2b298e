// SPDX-License-Identifier: Apache-2.0

/// The CMAF header of an AAC track that is passed through.
package enum AudioTrackHeader {
  /// `ftyp` and `moov`, written by libavformat; the timescale is the configuration's sample rate.
  ///
  /// - Parameters:
  ///   - configuration: of AAC-LC; goes into `esds` as it is.
  ///   - channels: for a configuration that leaves them to a program config element.
  ///   - bitrateKilobits: goes into `esds`; 0 where it is unknown.
  /// - Returns: the header's bytes.
  /// - Throws: the muxer's error.
  package static func make(
    _ configuration: AudioSpecificConfig, channels: Int = 2, bitrateKilobits: Int = 0
  ) throws(FFmpegError) -> [UInt8] {
    let settings = AudioEncoderSettings(
      sampleRate: configuration.sampleRate,
      channels: configuration.channels > 0 ? configuration.channels : channels,
      bitrateKilobits: bitrateKilobits)
    return try CMAFHeader.write(configuration, settings)
  }
}
