// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Media

/// One rendition of a stream's ladder: its name in URLs, its picture and its rate of bits.
package struct RenditionSettings: Sendable, Equatable {
  /// The rendition's name in URLs.
  package let name: String
  /// The coded picture.
  package let size: VideoSize
  /// Thousands of bits a second.
  package let bitrateKilobits: Int

  /// The rungs of a ladder, the best first, with their names: `video` where there is one, else the height, with the rate
  /// where two share a height.
  package static func ladder(_ wishes: [(size: VideoSize, bitrateKilobits: Int)])
    -> [RenditionSettings]
  {
    wishes.map { wish in
      let height = "\(wish.size.height)p"
      let isShared = wishes.count { $0.size.height == wish.size.height } > 1
      let name =
        wishes.count == 1 ? "video" : isShared ? "\(height)-\(wish.bitrateKilobits)" : height
      return RenditionSettings(name: name, size: wish.size, bitrateKilobits: wish.bitrateKilobits)
    }
  }

  /// What boxes add to the coded pictures, in bits a second.
  private func overhead(_ segmentation: Segmentation) -> Int64 {
    let boxes =
      ChunkWriter.overhead.chunk * segmentation.framesPerSegment + ChunkWriter.overhead.segment
    return boxes * 8 * 1_000_000_000 / max(1, segmentation.segmentNanoseconds) + 1000
  }

  /// AVERAGE-BANDWIDTH: what the encoder is told to make, and what the container adds; bits a second, constant.
  func averageBandwidth(_ segmentation: Segmentation) -> Int64 {
    Int64(bitrateKilobits) * 1000 + overhead(segmentation)
  }

  /// BANDWIDTH: a segment may be larger by the encoder's reservoir of five pictures; bits a second, constant.
  func peakBandwidth(_ segmentation: Segmentation) -> Int64 {
    averageBandwidth(segmentation) + Int64(bitrateKilobits) * 5000
      / max(5, segmentation.framesPerSegment)
  }
}
