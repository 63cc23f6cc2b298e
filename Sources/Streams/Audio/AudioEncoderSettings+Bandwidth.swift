// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Media
import Time

extension AudioEncoderSettings {
  /// AVERAGE-BANDWIDTH in bit/s: the encoder's bitrate and the boxes; constant.
  func averageBandwidth(_ segmentation: AudioSegmentation) -> Int64 {
    let part = AudioChunker.overhead(ofPart: Int(segmentation.framesPerPart))
    // bounded: settings within their ranges
    let boxes = part * segmentation.maximumPartsPerSegment + ChunkWriter.overhead.segment
    return Int64(bitrateKilobits) * 1000
      + segmentation.video.segmentDuration.rate(of: boxes * 8)
  }

  /// BANDWIDTH in bit/s: a segment may be a tenth larger than the average; constant.
  func peakBandwidth(_ segmentation: AudioSegmentation) -> Int64 {
    // bounded: settings within their ranges
    averageBandwidth(segmentation) + Int64(bitrateKilobits) * 100
  }
}
