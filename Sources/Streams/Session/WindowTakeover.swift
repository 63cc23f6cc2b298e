// SPDX-License-Identifier: Apache-2.0

import Capture
import Packaging

/// The windows of another process, on their way into those of a session that continues them.
protocol WindowTakeover: Sendable {
  /// The first segment of the session.
  var firstSegment: Int64 { get }

  /// Fills the window of a track with the media before ``firstSegment``, for which it waits.
  ///
  /// - Parameters:
  ///   - window: the window, which was described and is not live.
  ///   - index: the number of the track.
  ///   - track: the track.
  /// - Throws: ``FFmpegError`` if the other process has failed.
  func fill(_ window: LiveWindow, _ index: Int, _ track: SessionTrack) throws(FFmpegError)

  /// Notes that a window is live; when all are, the other process may leave.
  func finish()
}

extension SessionContext {
  /// Fills the window of a track with the media of the other process, and opens it.
  func takeOver(
    _ takeover: any WindowTakeover, _ index: Int, _ sink: any ChunkSink
  ) throws(FFmpegError) {
    guard let window = sink as? LiveWindow else { return }
    try takeover.fill(window, index, configuration.tracks[index])
    window.goLive()
    takeover.finish()
  }
}
