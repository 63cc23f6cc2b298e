// SPDX-License-Identifier: Apache-2.0

import Net
import Time

// Responses that keep media that has left its window.

extension HTTP1Connection {
  func addPastDeadlines(to deadlines: inout [MonotonicTime]) {
    if let deadline = pastDeadline { deadlines.append(deadline) }
  }

  func cutPastMedia(until deadline: MonotonicTime, _ fault: ConnectionFault) {
    if let own = pastDeadline, own <= deadline { perform(lifecycle.cut(fault)) }
  }

  /// The earliest deadline of past media in responses; nil if they keep none.
  private var pastDeadline: MonotonicTime? {
    var earliest = stream.pastDeadline
    guard waitingBytes > 0 else { return earliest }
    for exchange in exchanges.all {
      guard let deadline = exchange.pastDeadline else { continue }
      earliest = min(earliest ?? deadline, deadline)
    }
    return earliest
  }
}
