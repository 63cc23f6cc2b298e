// SPDX-License-Identifier: Apache-2.0

internal import CMAF
import Checked
package import Media
package import Sharing
import Time

/// The constants of a rendition.
package struct TrackDescription: Sendable {
  /// The media of a rendition.
  package enum Content: Sendable, Hashable {
    /// Video of this size.
    case video(VideoSize)
    /// Audio with this number of channels; whether viewers get it unless they choose another one.
    case audio(channels: Int, isDefault: Bool = true)
  }

  /// The rendition's name in URLs, such as `video`.
  package private(set) var rendition: String
  /// The codecs string of RFC 6381, such as `avc1.64001f`.
  package let codecs: String
  /// The maximum bitrate in bit/s: that of the encoder plus the container's overhead.
  package let bandwidth: Int64
  /// The media of the rendition.
  package let content: Content
  /// The rule that groups frames into parts and segments.
  package let segmentation: TrackSegmentation
  /// The average bitrate in bit/s, with the container's overhead.
  package let averageBandwidth: Int64
  /// The CMAF header.
  package let header: SharedBytes
  /// A hash of the header as eight hexadecimal digits: headers with equal bytes have equal names.
  package let headerHash: String
  /// The language in the header; undetermined if the header cannot be read.
  package let language: Language
  /// The name for viewers; nil for ``rendition``.
  package let label: String?
  /// The audience of audio.
  package let purpose: AudioPurpose
  /// The colours in the header; nil if it has none, or cannot be read.
  package let colour: ColourDescription?
  /// Whether the parameter sets in the header say that the video is interlaced.
  package let isInterlaced: Bool
  /// The Dolby Vision in the header; nil if it has none, or cannot be read.
  package let dolbyVision: DolbyVision?
  /// The KID in the header; nil if its media is clear, or if it cannot be read.
  package let keyIdentifier: [UInt8]?

  /// A description; the hash of `header` is FNV-1a with 32 bits.
  package init(
    rendition: String, codecs: String, bandwidth: Int64, averageBandwidth: Int64? = nil,
    content: Content, segmentation: TrackSegmentation, header: [UInt8], label: String? = nil,
    purpose: AudioPurpose = .main
  ) {
    (self.label, self.purpose) = (label, purpose)
    self.averageBandwidth = averageBandwidth ?? bandwidth
    self.rendition = rendition
    self.codecs = codecs
    self.bandwidth = bandwidth
    self.content = content
    self.segmentation = segmentation
    self.header = SharedBytes(header)
    let movie = try? MovieHeader(header: header)
    language = movie.map { Language(packed: $0.language) } ?? .undetermined
    colour = movie?.entry.colour
    isInterlaced = movie?.entry.isInterlaced ?? false
    dolbyVision = movie?.entry.dolbyVision
    keyIdentifier = movie?.entry.protection
    headerHash = Self.hash(of: header)
  }

  /// The hash of a CMAF header in the names of files: FNV-1a with 32 bits.
  package static func hash(of header: [UInt8]) -> String {
    // bounded: a hash wraps
    hexadecimal(header.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 })
  }

  /// The same rendition with an earlier CMAF header, which gives its codec, size and channels; the
  /// bitrate is that of now.
  package func with(header: [UInt8]) -> TrackDescription {
    let movie = try? MovieHeader(header: header)
    let entry = movie?.entry
    var content = content
    switch content {
    case .video:
      if let movie, let size = VideoSize(width: movie.displayWidth, height: movie.displayHeight) {
        content = .video(size)
      }
    case .audio(_, let isDefault):
      if let entry, entry.channels > 0 {
        content = .audio(channels: entry.channels, isDefault: isDefault)
      }
    }
    return TrackDescription(
      rendition: rendition, codecs: (try? entry?.codecs()) ?? codecs, bandwidth: bandwidth,
      averageBandwidth: averageBandwidth, content: content, segmentation: segmentation,
      header: header, label: label, purpose: purpose)
  }

  /// The same constants with an encrypted CMAF header, and chunks that are larger by `added` bytes.
  func encrypted(_ header: [UInt8], added: Int64) -> TrackDescription {
    // bounded: chunks per second, at most the timescale
    let bits = 8 * added * chunksPerSecond
    return TrackDescription(
      rendition: rendition, codecs: codecs, bandwidth: bandwidth.addingSaturated(bits),
      averageBandwidth: averageBandwidth.addingSaturated(bits), content: content,
      segmentation: segmentation, header: header, label: label, purpose: purpose)
  }

  /// The most chunks in a second: those of frames of video or audio.
  private var chunksPerSecond: Int64 {
    if case .audio(let audio) = segmentation {
      return Int64(audio.sampleRate) / max(1, audio.samplesPerFrame) + 1
    }
    let rate = segmentation.video.grid.rate
    return Int64(rate.timescale) / max(1, rate.ticksPerFrame) + 1
  }

  /// The same constants under another name.
  package func renamed(_ name: String) -> TrackDescription {
    var track = self
    track.rendition = name
    return track
  }

  /// The dynamic range of video; that of Dolby Vision without a compatible base layer is PQ.
  ///
  /// - Source: Dolby Vision Streams Within the HTTP Live Streaming Format 2.1
  package var range: VideoRange {
    dolbyVision?.isIncompatible == true ? .pq : colour?.range ?? .sdr
  }

  /// The Dolby Vision beside ``codecs``, which describe its base layer; nil if there is none.
  package var supplement: DolbyVision.Supplement? {
    dolbyVision?.supplement(to: String(codecs.prefix(4)), transfer: colour?.transfer ?? 2)
  }

  /// The coded size; nil for audio.
  package var size: VideoSize? { if case .video(let size) = content { size } else { nil } }
  /// The number of audio channels; nil for video.
  package var channels: Int? {
    if case .audio(let channels, _) = content { channels } else { nil }
  }
  /// Whether it is the audio for viewers that choose none.
  package var isDefault: Bool { if case .audio(_, true) = content { true } else { false } }
}
