// SPDX-License-Identifier: Apache-2.0

import Logging
import Packaging
import Sharing
import Time

extension StreamSession {
  /// Logs once when the first playlist can be played.
  ///
  /// - Parameters:
  ///   - began: when the session was started.
  ///   - log: the log.
  func logFirstPlaylist(since began: MonotonicTime, _ log: Log) {
    let isLogged = OnceFlag()
    window.subscribe { [name = configuration.name, weak window] in
      guard let window, window.snapshot.state == .live, !window.snapshot.segments.isEmpty,
        isLogged.raise()
      else { return }
      let elapsed = (SystemClock.monotonicTime - began).milliseconds
      log.write(.info, "live", stream: name, "playable after \(elapsed) ms")
    }
  }

  /// Logs once per rendition if its window exceeds the limit of its size.
  func logShortenedWindows(_ log: Log) {
    let limit = configuration.windowBytes
    for rendition in renditions {
      let (isLogged, title) = (OnceFlag(), rendition.track.name)
      rendition.window.subscribe { [name = configuration.name, weak window = rendition.window] in
        guard let window, window.snapshot.isShortened, isLogged.raise() else { return }
        log.write(
          .warning, "window-shortened", stream: name,
          "\(title): the media in memory exceeds \(limit / 1_000_000) MB; "
            + "removing segments early")
      }
    }
  }
}
