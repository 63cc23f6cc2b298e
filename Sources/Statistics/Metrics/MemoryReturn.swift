// SPDX-License-Identifier: Apache-2.0

package import Time

/// Decides when freed memory is given back to the system: a pure state machine.
///
/// It is due after the end of responses that kept much past media, or of the last one that kept
/// some, at most every ten seconds. The allocator keeps freed memory: 300 MB stayed after the last
/// slow client.
package struct MemoryReturn {
  /// The freed bytes that are worth it while responses keep past media, and after the last one.
  static let minimumBytes = (some: 4_000_000, last: 500_000)
  package static let interval = Interval.seconds(10)

  /// The bytes of past media that had ended when memory was given back; it wraps.
  private var returned = 0
  private var next = MonotonicTime.distantPast

  package init() {}

  /// Whether memory is to be given back now.
  ///
  /// - Parameters:
  ///   - byteCount: the bytes of past media.
  ///   - ended: the bytes that have ended since the start; it wraps.
  ///   - now: the present time.
  /// - Returns: whether it is due; the next time is then later.
  package mutating func isDue(_ byteCount: Int, ended: Int, now: MonotonicTime) -> Bool {
    let minimum = byteCount > 0 ? Self.minimumBytes.some : Self.minimumBytes.last
    guard ended &- returned >= minimum, now >= next else { return false }
    returned = ended
    next = now + Self.interval
    return true
  }
}
