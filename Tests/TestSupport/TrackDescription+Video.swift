// SPDX-License-Identifier: Apache-2.0

package import Media
package import Packaging

extension TrackDescription {
  /// The description of a video rendition.
  package init(
    rendition: String, codecs: String, bandwidth: Int64, averageBandwidth: Int64? = nil,
    size: VideoSize, segmentation: Segmentation, header: [UInt8]
  ) {
    self.init(
      rendition: rendition, codecs: codecs, bandwidth: bandwidth,
      averageBandwidth: averageBandwidth, content: .video(size),
      segmentation: .video(segmentation), header: header)
  }
}
