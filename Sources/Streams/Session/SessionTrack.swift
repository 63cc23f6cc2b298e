// SPDX-License-Identifier: Apache-2.0

import Capture
package import Media
import Packaging

/// A track of a session, with the rule that groups its frames.
package enum SessionTrack: Sendable {
  /// A video rendition.
  case video(RenditionSettings, Segmentation)
  /// Audio, among which viewers choose.
  case audio(AudioTrackSettings, AudioSegmentation)

  /// The name in URLs.
  package var name: String {
    switch self {
    case .video(let settings, _): settings.name
    case .audio(let settings, _): settings.name
    }
  }

  /// The bitrate in kbit/s.
  package var bitrateKilobits: Int {
    switch self {
    case .video(let settings, _): settings.bitrateKilobits
    case .audio(let settings, _): settings.encoder.bitrateKilobits
    }
  }

  /// The rule that groups its frames.
  package var segmentation: TrackSegmentation {
    switch self {
    case .video(_, let segmentation): .video(segmentation)
    case .audio(_, let segmentation): .audio(segmentation)
    }
  }
}

extension TrackDescription {
  /// The constants of a video rendition with this header.
  init(
    _ rendition: RenditionSettings, _ segmentation: Segmentation, codecs: String, size: VideoSize,
    header: [UInt8]
  ) {
    self.init(
      rendition: rendition.name, codecs: codecs,
      bandwidth: rendition.peakBandwidth(segmentation),
      averageBandwidth: rendition.averageBandwidth(segmentation), content: .video(size),
      segmentation: .video(segmentation), header: header)
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
