// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// A connection of any version of HTTP, as its server sees it.
protocol ServedConnection: AnyObject {
  /// Its index in the server's table; -1 outside of the table.
  var index: Int { get set }
  /// The address of the client.
  var peer: PeerAddress { get }
  /// Ends work that takes too long.
  func check(_ now: MonotonicTime)
  /// Answers open requests, then closes; an idle connection is closed at once.
  func drain()
}
