// SPDX-License-Identifier: Apache-2.0

import Sharing

/// The state that the WebSockets of all streams and loops share.
final class SharedSockets: Sendable {
  let syncGroups = SyncGroups()
  let viewers = ViewerReports()
  private let last = Locked<(channel: UInt16, viewer: UInt64)>((0, 0))

  /// The next number of a group of viewers; the numbers wrap around.
  func newChannel() -> UInt16 {
    last.withLock { last in
      // bounded: the numbers wrap around
      last.channel &+= 1
      return last.channel
    }
  }

  /// The next number of a viewer.
  func newViewer() -> UInt64 {
    last.withLock { last in
      // bounded: 2^64 viewers never connect
      last.viewer &+= 1
      return last.viewer
    }
  }
}
