// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Packaging

extension TrackDescription {
  /// The constants of a video rendition with this header.
  init(
    _ rendition: RenditionSettings, _ segmentation: Segmentation, codecs: String, size: VideoSize,
    header: [UInt8]
  ) {
    self.init(
      rendition: rendition.name, codecs: codecs,
      bandwidth: rendition.peakBandwidth(segmentation),
      averageBandwidth: rendition.averageBandwidth(segmentation), size: size,
      segmentation: segmentation, header: header)
  }

  /// The constants of an audio track with this header.
  init(
    _ track: AudioTrackSettings, _ segmentation: AudioSegmentation, codecs: String, channels: Int,
    header: [UInt8]
  ) {
    self.init(
      rendition: track.name, codecs: codecs,
      bandwidth: track.encoder.peakBandwidth(segmentation),
      averageBandwidth: track.encoder.averageBandwidth(segmentation),
      content: .audio(channels: channels, isDefault: track.isDefault),
      segmentation: .audio(segmentation), header: header, label: track.label,
      purpose: track.purpose ?? .main)
  }
}
