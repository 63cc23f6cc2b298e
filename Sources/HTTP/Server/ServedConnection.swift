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
  /// Adds the earliest deadline of past media in each response that keeps any.
  func addPastDeadlines(to deadlines: inout [MonotonicTime])
  /// Ends the responses that keep past media with a deadline of `deadline` or before.
  func cutPastMedia(until deadline: MonotonicTime, _ fault: ConnectionFault)
  /// Answers open requests, then closes; an idle connection is closed at once.
  func drain()
}

extension ServedConnection {
  /// None by default.
  func addPastDeadlines(to deadlines: inout [MonotonicTime]) {}

  /// Nothing to end by default.
  func cutPastMedia(until deadline: MonotonicTime, _ fault: ConnectionFault) {}
}
