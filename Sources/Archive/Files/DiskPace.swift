// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sharing
import System
import Time

/// The pace of long work on a disk that has other work too: a pause after each MiB.
struct DiskPace {
  private static let unpacedLimit = 1 << 20

  private let nanosecondsPerByte: Int64
  private let isCancelled: () -> Bool
  /// The bytes without a pause.
  private var unpaced = 0

  /// A pace.
  ///
  /// - Parameters:
  ///   - nanosecondsPerByte: 16 are at most 64 MB per second.
  ///   - isCancelled: whether the work is to end with an error.
  init(nanosecondsPerByte: Int64, isCancelled: @escaping () -> Bool) {
    self.nanosecondsPerByte = nanosecondsPerByte
    self.isCancelled = isCancelled
  }

  /// Pauses if enough bytes were read or written.
  ///
  /// - Throws: `SystemError` with `ECANCELED`.
  mutating func pause(after count: Int) throws(SystemError) {
    unpaced += count
    guard unpaced >= Self.unpacedLimit else { return }
    guard !isCancelled() else { throw SystemError("copy", ECANCELED) }
    // bounded: intervals saturate
    let pause = Interval.nanoseconds(nanosecondsPerByte) * Int64(unpaced)
    ArchiveClock.wait(until: ArchiveClock.monotonicTime + pause)
    unpaced = 0
  }
}
