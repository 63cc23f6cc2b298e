// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import Time

/// The passing of time, as a validation sees it.
package protocol ValidationClock: AnyObject {
  /// Seconds since 1970.
  var now: Double { get }

  /// Waits; returns earlier if the validation is cancelled.
  func wait(until time: Double)

  /// Whether the validation ends before its time.
  var isCancelled: Bool { get }
}

/// The clock of the system, which a cancellation ends.
final class CancellableClock: ValidationClock {
  private let cancellation: ClientCancellation

  init(_ cancellation: ClientCancellation) { self.cancellation = cancellation }

  var now: Double { Double(SystemClock.wallTime.milliseconds) / 1000 }

  var isCancelled: Bool { cancellation.isCancelled }

  func wait(until time: Double) {
    let step = 0.2
    while !isCancelled, now < time {
      let milliseconds = (min(step, time - now) * 1000.0).rounded(.up)
      SystemClock.sleep(
        until: SystemClock.monotonicTime + .milliseconds(Int64(clamping: Int128(milliseconds))))
    }
  }
}
