// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Media
import Time

/// One video rendition of a stream: name, size and bitrate.
package struct RenditionSettings: Sendable, Equatable, Codable {
  /// The video bitrate by default, in kbit/s.
  package static let defaultBitrateKilobits = 2500

  /// The rendition's name in URLs.
  package let name: String
  /// The size of its frames.
  package let size: VideoSize
  /// The video bitrate, in kbit/s.
  package let bitrateKilobits: Int

  /// The renditions of a ladder, top rendition first, with their names.
  ///
  /// A single one is `video`; others are named by height, and by bitrate if two share a height.
  package static func ladder(_ requested: [(size: VideoSize, bitrateKilobits: Int)])
    -> [RenditionSettings]
  {
    requested.map { one in
      let height = "\(one.size.height)p"
      let isShared = requested.count { $0.size.height == one.size.height } > 1
      let name =
        requested.count == 1 ? "video" : isShared ? "\(height)-\(one.bitrateKilobits)" : height
      return RenditionSettings(name: name, size: one.size, bitrateKilobits: one.bitrateKilobits)
    }
  }

  /// The container overhead, in bits per second.
  private func overhead(_ segmentation: Segmentation) -> Int64 {
    let boxes =
      ChunkWriter.overhead.chunk * segmentation.framesPerSegment + ChunkWriter.overhead.segment
    return segmentation.segmentDuration.rate(of: boxes * 8) + 1000
  }

  /// AVERAGE-BANDWIDTH: video bitrate and container overhead; bits per second, constant.
  func averageBandwidth(_ segmentation: Segmentation) -> Int64 {
    Int64(bitrateKilobits) * 1000 + overhead(segmentation)
  }

  /// BANDWIDTH: a segment may exceed the average by the encoder's buffer of five frames; bits per
  /// second, constant.
  func peakBandwidth(_ segmentation: Segmentation) -> Int64 {
    averageBandwidth(segmentation) + Int64(bitrateKilobits) * 5000
      / max(5, segmentation.framesPerSegment)
  }
}
