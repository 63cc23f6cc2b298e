// SPDX-License-Identifier: Apache-2.0

package import Media
package import Sharing

/// What is constant of a rendition for the stream's life.
package struct TrackDescription: Sendable {
  /// What a rendition shows or lets hear.
  package enum Content: Sendable, Hashable {
    /// Pictures of this size.
    case pictures(VideoSize)
    /// Sound of so many channels.
    case audio(channels: Int)
  }

  /// The rendition's name in URLs, such as `video`.
  package let rendition: String
  /// RFC 6381 codecs string, such as `avc1.64001f`.
  package let codecs: String
  /// Bits a second at most: what the encoder was told, and what the container adds.
  package let bandwidth: Int64
  /// What it shows or lets hear.
  package let content: Content
  /// How frames fall into parts and segments.
  package let segmentation: TrackSegmentation
  /// Average bits a second, container included; constant.
  package let averageBandwidth: Int64
  /// The CMAF header.
  package let header: SharedBytes
  /// Eight hexadecimal digits of a hash over the header: equal bytes, equal name.
  package let headerHash: String

  /// A description; the hash (FNV-1a, 32 bits) is taken of `header`.
  package init(
    rendition: String, codecs: String, bandwidth: Int64, averageBandwidth: Int64? = nil,
    content: Content, segmentation: TrackSegmentation, header: [UInt8]
  ) {
    self.averageBandwidth = averageBandwidth ?? bandwidth
    self.rendition = rendition
    self.codecs = codecs
    self.bandwidth = bandwidth
    self.content = content
    self.segmentation = segmentation
    self.header = SharedBytes(header)
    let hash = header.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    let digits = String(hash, radix: 16)
    self.headerHash = String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The description of a video rendition.
  package init(
    rendition: String, codecs: String, bandwidth: Int64, averageBandwidth: Int64? = nil,
    size: VideoSize, segmentation: Segmentation, header: [UInt8]
  ) {
    self.init(
      rendition: rendition, codecs: codecs, bandwidth: bandwidth,
      averageBandwidth: averageBandwidth, content: .pictures(size),
      segmentation: .video(segmentation),
      header: header)
  }

  /// The coded picture; nil of sound.
  package var size: VideoSize? { if case .pictures(let size) = content { size } else { nil } }
  /// How many channels of sound there are; nil of pictures.
  package var channels: Int? {
    if case .audio(let channels) = content { channels } else { nil }
  }
}
