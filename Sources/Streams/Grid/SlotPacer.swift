// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Sharing

/// The thread that closes frame slots on time, for sources that may be late or missing.
struct SlotPacer: Sendable {
  let feed: SlotFeed
  let stop: StopFlag

  /// Runs until stopped.
  func run() {
    SystemClock.sharpenSleep()
    feed.waitUntilOpen()
    // A frame of an input may be shown for minutes.
    while let closing = feed.read({ $0.nextClosing }), stop.sleep(until: closing) {
      feed.closeDueSlots()
    }
  }
}
