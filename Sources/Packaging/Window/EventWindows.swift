// SPDX-License-Identifier: Apache-2.0

import Media
package import Metadata
import Sharing
package import Time

/// The windows that carry the events of a stream: those of its video renditions.
package final class EventWindows: Sendable {
  private let windows: [LiveWindow]
  /// Held while an event is added to all windows, so that they have events in the same order.
  private let lock = Locked(Serial())

  /// The windows, that of the top rendition first; those of audio carry no events.
  package init(_ windows: [LiveWindow]) {
    self.windows = windows.filter { !$0.segmentation.isAudio }
  }

  /// Adds an event to all windows.
  ///
  /// - Parameters:
  ///   - time: its capture time.
  ///   - mediaTime: its time on the media timeline, if the source has placed it there.
  ///   - data: a JSON text.
  ///   - content: its meaning for players.
  ///   - now: the wall clock.
  /// - Returns: the event.
  /// - Throws: ``EventRefusal`` of the top rendition.
  @discardableResult
  package func add(
    at time: WallTime, mediaTime: MediaTime? = nil, _ data: [UInt8],
    _ content: EventContent = .data, now: WallTime
  ) throws(EventRefusal) -> TimedEvent {
    try lock.withLock { _ throws(EventRefusal) in
      guard let first = windows.first else { throw .notLive }
      let event = try first.addEvent(
        at: time, mediaTime: mediaTime, data, content, now: now)
      for window in windows.dropFirst() { window.add(event) }
      return event
    }
  }
}
