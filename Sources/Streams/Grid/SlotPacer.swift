// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Sharing

/// Closes slots on time where the source may be late or gone: a thread that sleeps from one closing to the next.
struct SlotPacer: Sendable {
  let feed: SlotFeed
  let stop: StopFlag

  /// Runs until told to stop.
  func run() {
    SystemClock.sharpenSleep()
    feed.waitUntilOpen()
    while !stop.isSet, let closing = feed.read({ $0.nextClosing }) {
      SystemClock.sleep(until: closing)
      feed.closeDueSlots()
    }
  }
}
