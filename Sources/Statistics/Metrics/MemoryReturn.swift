// SPDX-License-Identifier: Apache-2.0

package import Time

/// Decides when freed memory is given back to the system: a pure state machine.
///
/// It is due after the end of responses that kept much past media, at most every ten seconds. The
/// allocator keeps freed memory: 300 MB stayed after the last slow client.
package struct MemoryReturn {
  /// The freed bytes that are worth it.
  static let minimumBytes = 4_000_000
  package static let interval = Interval.seconds(10)

  /// The most past media since memory was given back.
  private var peak = 0
  private var next = MonotonicTime.distantPast

  package init() {}

  /// Whether memory is to be given back now.
  ///
  /// - Parameters:
  ///   - byteCount: the bytes of past media.
  ///   - now: the present time.
  /// - Returns: whether it is due; the next time is then later.
  package mutating func isDue(_ byteCount: Int, now: MonotonicTime) -> Bool {
    peak = max(peak, byteCount)
    // bounded: bytes in memory
    guard peak - byteCount >= Self.minimumBytes, now >= next else { return false }
    peak = byteCount
    next = now + Self.interval
    return true
  }
}
