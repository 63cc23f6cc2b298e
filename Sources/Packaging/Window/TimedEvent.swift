// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// An event of a stream: data that players raise when the frame of its time is on the screen.
package struct TimedEvent: Sendable, Equatable {
  /// The most bytes of the data.
  package static let largest = 1024
  /// The most events of a window, which bounds its playlists.
  package static let maximumPerWindow = 64
  /// The most events of before a window that are known.
  package static let maximumPast = 200

  /// Rises with each event of a stream, also over its restarts.
  package let id: UInt32
  /// The capture time of the frame with which it is raised.
  package let time: WallTime
  /// A JSON text in UTF-8.
  package let data: [UInt8]

  /// Whether data are a JSON text, which any player can parse.
  package static func isJSON(_ data: [UInt8]) -> Bool { JSONSyntax.isValid(data) }

  /// An event with these properties.
  package init(id: UInt32, time: WallTime, data: [UInt8]) {
    self.id = id
    self.time = time
    self.data = data
  }
}

/// Why a window takes no event.
package enum EventRefusal: Error, Equatable {
  /// The window is not open to readers, or has ended.
  case notLive
  /// The window has its most events.
  case tooMany
}
