// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// The clocks of the archive: those of the machine, or simulated ones in tests.
package protocol ArchiveClocks: Sendable {
  /// The wall clock, which may be set at any time.
  var wallTime: WallTime { get }
  /// The clock of deadlines.
  var monotonicTime: MonotonicTime { get }
  /// The clock that counts while the machine is suspended, too.
  var bootTime: MonotonicTime { get }
  /// Waits until the clock of deadlines shows `deadline`.
  func wait(until deadline: MonotonicTime)
}

/// The clocks of the calling thread.
package enum ArchiveClock {
  /// Clocks in place of those of the machine.
  @TaskLocal package static var simulated: (any ArchiveClocks)?

  /// The present instant of the wall clock.
  package static var wallTime: WallTime { simulated?.wallTime ?? SystemClock.wallTime }
  static var monotonicTime: MonotonicTime { simulated?.monotonicTime ?? SystemClock.monotonicTime }
  static var bootTime: MonotonicTime { simulated?.bootTime ?? SystemClock.bootTime }

  static func wait(until deadline: MonotonicTime) {
    guard let simulated else { return SystemClock.sleep(until: deadline) }
    simulated.wait(until: deadline)
  }
}
