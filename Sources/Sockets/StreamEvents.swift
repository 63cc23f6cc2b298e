// SPDX-License-Identifier: Apache-2.0

import Packaging
import Time

/// The events of a stream as messages for the sockets of one loop.
///
/// Confined to the loop's thread.
struct StreamEvents {
  /// The largest delay of a player: a new client may still raise an event of this age.
  private static let maximumDelay = Interval.seconds(10)

  private let window: WindowView
  private var revision: Int
  private var cursor: EventCursor

  /// The events of a window after the present ones.
  init(_ window: LiveWindow) {
    let view = WindowView(window)
    self.window = view
    revision = view.revision
    cursor = EventCursor(after: view.snapshot)
  }

  /// The events since the last call.
  mutating func takeNew() -> [MediaMessage] {
    guard window.revision != revision else { return [] }
    revision = window.revision
    return cursor.takeNew(window.snapshot).map(ServerMessage.event)
  }

  /// The events that a player which starts at `now` may still raise.
  func ahead(_ now: WallTime) -> [MediaMessage] {
    window.snapshot.events
      .filter { $0.id <= cursor.newest && $0.time >= now - Self.maximumDelay }
      .map(ServerMessage.event)
  }
}
