// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

extension InputContext {
  /// Replaces clocks of RTP that the description misstates, before the first packet is read.
  ///
  /// The clock of H.264 and HEVC must be 90 kHz, of AAC it should be its sample rate. Some senders
  /// count AAC at 90 kHz, or at the rate after spectral band replication.
  ///
  /// The library has extended the 32 bits of RTP already. Neither the library nor the reader may
  /// wrap them again: the tracks have other clocks, so one jump is a different one in each track.
  /// - Source: RFC 6184 §8.2.1; RFC 7798 §7.1; RFC 3640 §4.1
  func correctClocks() {
    guard format == "rtsp" else { return }
    for index in unsafe streams.indices {
      guard let stream = unsafe streams[index], let parameters = unsafe stream.pointee.codecpar
      else { continue }
      if unsafe stream.pointee.pts_wrap_bits == 32 { unsafe stream.pointee.pts_wrap_bits = 63 }
      let codec = unsafe parameters.pointee.codec_id
      let stated = unsafe stream.pointee.time_base.den
      if codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC {
        unsafe stream.pointee.time_base = AVRational(num: 1, den: 90_000)
      } else if codec == AV_CODEC_ID_AAC,
        let rate = unsafe AudioSpecificConfig(Extradata.of(parameters))?.sampleRate,
        stated != rate, stated / 2 != rate, stated != 90_000
      {
        unsafe stream.pointee.time_base = AVRational(num: 1, den: rate)
      }
    }
  }
}
