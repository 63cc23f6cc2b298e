// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// A frame of a session, and its time on the clock of playlists.
struct StreamPosition: Sendable {
  /// The index of the frame.
  let frame: Int64
  /// Its frame time.
  let mediaTime: MediaTime
  /// The frame time plus the announced offset: EXT-X-PROGRAM-DATE-TIME of the frame.
  let time: WallTime
}

extension StreamPosition {
  /// The frame of an encoded stream that is nearest to a time of the monotonic clock.
  init(of monotonic: MonotonicTime, _ clock: StreamClock, _ grid: FrameGrid) {
    frame = clock.frame(nearest: monotonic, on: grid)
    mediaTime = grid.frameTime(of: frame)
    time = WallTime(mediaTime, plus: clock.announcedOffset)
  }

  /// The position of another frame of the same period; the same position without a grid.
  func moved(to other: Int64, _ grid: FrameGrid?) -> StreamPosition {
    guard let grid, other != frame else { return self }
    let frameTime = grid.frameTime(of: other)
    return StreamPosition(
      frame: other, mediaTime: frameTime, time: time + (frameTime - mediaTime))
  }
}
