// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// Clients that read one HTTP/2 stream too slowly, while the connection is well.
///
/// A connection that is stalled as a whole is cut by ``ConnectionLifecycle``.
extension HTTP2Connection {
  /// Resets HTTP/2 streams whose client leaves the window closed or opens it too slowly.
  func checkWindows(_ now: MonotonicTime) {
    let stalled = exchanges.values.filter { exchange in
      exchange.tunnel == nil && !exchange.pending.isEmpty
        && now - exchange.pace.since >= server.limits.stallTime
        && session?.isBlocked(exchange.stream) == true
    }
    for exchange in stalled { reset(exchange, .slowReader(.stalled)) }
  }

  func addPastDeadlines(to deadlines: inout [MonotonicTime]) {
    if let deadline = stream.pastDeadline { deadlines.append(deadline) }
    deadlines += exchanges.values.compactMap(\.pending.pastDeadline)
  }

  func cutPastMedia(until deadline: MonotonicTime, _ fault: ConnectionFault) {
    if let own = stream.pastDeadline, own <= deadline { return perform(lifecycle.cut(fault)) }
    let slow = exchanges.values.filter { $0.pending.pastDeadline ?? .distantFuture <= deadline }
    for exchange in slow { reset(exchange, .slowReader(fault)) }
  }
}
