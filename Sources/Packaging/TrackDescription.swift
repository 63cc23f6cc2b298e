package import Media
package import Sharing

/// What is constant of a rendition for the stream's life.
package struct TrackDescription: Sendable {
  /// The rendition's name in URLs, such as `video`.
  package let rendition: String
  /// RFC 6381 codecs string, such as `avc1.64001f`.
  package let codecs: String
  /// Bits a second at most: what the encoder was told, and what the container adds.
  package let bandwidth: Int64
  /// The coded picture.
  package let size: VideoSize
  /// How frames fall into parts and segments.
  package let cadence: Cadence
  /// Average bits a second, container included; constant.
  package let averageBandwidth: Int64
  /// The CMAF header.
  package let header: SharedBytes
  /// Eight hexadecimal digits of a hash over the header: equal bytes, equal name.
  package let headerHash: String

  /// A description; the hash (FNV-1a, 32 bits) is taken of `header`.
  package init(
    rendition: String, codecs: String, bandwidth: Int64, averageBandwidth: Int64? = nil,
    size: VideoSize, cadence: Cadence,
    header: [UInt8]
  ) {
    self.averageBandwidth = averageBandwidth ?? bandwidth
    self.rendition = rendition
    self.codecs = codecs
    self.bandwidth = bandwidth
    self.size = size
    self.cadence = cadence
    self.header = SharedBytes(header)
    let hash = header.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    let digits = String(hash, radix: 16)
    self.headerHash = String(repeating: "0", count: 8 - digits.count) + digits
  }
}
