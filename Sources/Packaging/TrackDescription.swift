package import Media
package import Sharing

/// What is constant of a rendition for the stream's life.
package struct TrackDescription: Sendable {
  /// The rendition's name in URLs, such as `video`.
  package let rendition: String
  /// RFC 6381 codecs string, such as `avc1.64001f`.
  package let codecs: String
  /// The coded picture.
  package let size: VideoSize
  /// How frames fall into parts and segments.
  package let cadence: Cadence
  /// What the encoder was told to make, in bits a second.
  package let bitrate: Int64
  /// The CMAF header.
  package let header: SharedBytes
  /// Eight hexadecimal digits of a hash over the header: equal bytes, equal name.
  package let headerHash: String

  /// A description; the hash (FNV-1a, 32 bits) is taken of `header`.
  package init(
    rendition: String, codecs: String, size: VideoSize, cadence: Cadence, bitrate: Int64 = 0,
    header: [UInt8]
  ) {
    self.bitrate = bitrate
    self.rendition = rendition
    self.codecs = codecs
    self.size = size
    self.cadence = cadence
    self.header = SharedBytes(header)
    let hash = header.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    let digits = String(hash, radix: 16)
    self.headerHash = String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// What boxes add to the coded pictures, in bits a second: 140 bytes a chunk, 24 a segment.
  private var overhead: Int64 {
    let (rate, frames) = (cadence.grid.rate, cadence.framesPerSegment)
    return 8 * (140 * frames + 24) * rate.numerator / (rate.denominator * frames)
  }

  /// AVERAGE-BANDWIDTH: what the encoder was told, and what the container adds; constant.
  package var averageBandwidth: Int64 { bitrate + overhead }

  /// BANDWIDTH: a segment may be larger by the encoder's reservoir of five pictures; constant.
  package var peakBandwidth: Int64 {
    averageBandwidth + bitrate * 5 / max(5, cadence.framesPerSegment)
  }
}
