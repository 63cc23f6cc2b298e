// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Statistics

/// The state that the WebSockets of all streams and loops share.
package final class SocketsOfAllLoops: Sendable {
  let syncGroups = SyncGroups()
  package let viewers = ViewerReports()
  private let lastChannel = Locked<UInt16>(0)

  package init() {}

  /// The next number of a group of viewers; the numbers wrap around.
  func newChannel() -> UInt16 {
    lastChannel.withLock { last in
      // bounded: the numbers wrap around
      last &+= 1
      return last
    }
  }
}
