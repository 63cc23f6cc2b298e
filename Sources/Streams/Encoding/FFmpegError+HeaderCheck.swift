// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture

extension FFmpegError {
  /// The muxer's CMAF header, if the chunks of ``ChunkWriter`` fit it.
  ///
  /// Players read the header first; a chunk that does not fit the header cannot be decoded.
  /// - Throws: the difference.
  static func checked(
    _ header: [UInt8], timescale: Int, codecs: String
  ) throws(FFmpegError) -> [UInt8] {
    do throws(BoxError) {
      try TrackHeader.check(
        header, trackID: ChunkWriter().trackID, timescale: timescale, codecs: codecs)
      return header
    } catch {
      throw FFmpegError("", -1, "the muxer's header does not fit our chunks: \(error)")
    }
  }
}
