// SPDX-License-Identifier: Apache-2.0

import Media
package import Time

extension LiveWindow {
  /// The window of a rendition without a session, whose media only an archive has: it has ended
  /// with a gap after that media, so that all earlier times have left it.
  ///
  /// - Parameters:
  ///   - track: the description of the rendition.
  ///   - last: the number of its newest segment.
  ///   - end: the wall clock after that segment.
  /// - Returns: the window.
  package static func recorded(
    _ track: TrackDescription, until last: Int64, end: WallTime
  ) -> LiveWindow {
    let window = LiveWindow(segmentation: track.segmentation, playlistLength: 1, retained: 3)
    let next = last.addingSaturated(1)
    let start = track.segmentation.frameTime(of: track.segmentation.firstFrame(of: next))
    window.describe(track)
    window.begin([], offset: end.offset(from: start), skipped: 0)
    window.goLive()
    window.leaveOut(next)
    window.end()
    return window
  }
}
