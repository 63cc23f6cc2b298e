// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture

extension FFmpegError {
  /// The CMAF header that the muxer wrote, if the chunks that we write ourselves may follow it: every
  /// player gets it first, and decodes nothing if it does not fit.
  ///
  /// - Throws: what does not fit.
  static func checked(
    _ header: [UInt8], timescale: Int, codecs: String
  ) throws(FFmpegError) -> [UInt8] {
    do throws(TrackHeaderError) {
      try TrackHeader.check(
        header, trackID: ChunkWriter().trackID, timescale: timescale, codecs: codecs)
      return header
    } catch {
      throw FFmpegError("", -1, "the muxer's header does not fit our chunks: \(error)")
    }
  }
}
