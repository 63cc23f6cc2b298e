// SPDX-License-Identifier: Apache-2.0

internal import Sharing

/// Ends what an input is waiting for, from another thread: for good when it is set, or at a deadline.
///
/// libavformat forgets one answer of its interrupt callback and reads on if the next is no; so once a deadline has
/// passed the answer stays yes until the owner sets another.
package final class InputCancellation: Sendable {
  private struct State {
    var isSet = false
    var deadline = Int64.max
  }
  private let state = Locked(State())
  private let parent: InputCancellation?

  /// Nothing is cancelled.
  ///
  /// - Parameter parent: cancels this one with itself.
  package init(parent: InputCancellation? = nil) { self.parent = parent }

  /// Cancels whatever the input does, now and later.
  package func cancel() { state.withLock { $0.isSet = true } }

  /// Whether it was cancelled for good.
  package var isCancelled: Bool {
    state.withLock { $0.isSet } || parent?.isCancelled ?? false
  }

  /// Whether what goes on must end.
  var isDue: Bool {
    isCancelled
      || state.withLock { $0.deadline != .max && SystemClock.monotonic >= $0.deadline }
  }

  /// Sets when the next call must have ended; monotonic nanoseconds, nil for never.
  func setDeadline(_ deadline: Int64?) { state.withLock { $0.deadline = deadline ?? .max } }
}
