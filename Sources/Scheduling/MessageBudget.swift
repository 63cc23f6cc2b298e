// SPDX-License-Identifier: Apache-2.0

package import Time

/// The messages and bytes that the process of a source may send: a pure state machine.
///
/// Each message is checked, copied, and wakes readers; without a limit a source keeps processors
/// busy with messages that are valid one by one.
package struct MessageBudget: Sendable {
  /// The most messages per second over a long time: 32 tracks of 120 frames/s send 4000.
  package static let messages: Int64 = 5000
  /// The most bytes per second over a long time.
  package static let bytes: Int64 = 200_000_000
  /// How much may come at once, in messages: more than the buffer of a socket holds, which is read
  /// in one go after this process was stopped.
  package static let messageBurst = Interval.seconds(4)
  /// How much may come at once, in bytes.
  package static let byteBurst = Interval.seconds(2)

  /// When all messages would have come at the highest rate.
  private var messagesEnd = MonotonicTime.origin
  /// The same of their bytes.
  private var bytesEnd = MonotonicTime.origin

  /// A budget of which nothing is spent.
  package init() {}

  /// Counts a message of `size` bytes.
  ///
  /// - Returns: how much later it would be within the budget; zero if it is.
  package mutating func take(_ size: Int, at now: MonotonicTime) -> Interval {
    messagesEnd = max(messagesEnd, now) + Interval(ticks: 1, timescale: Self.messages)
    bytesEnd = max(bytesEnd, now) + Interval(ticks: Int64(size), timescale: Self.bytes)
    let excess = max(
      messagesEnd - now - Self.messageBurst, bytesEnd - now - Self.byteBurst)
    return max(.zero, excess)
  }
}
