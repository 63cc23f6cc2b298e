// SPDX-License-Identifier: Apache-2.0

internal import Sharing
import Time

/// Ends a blocking call of an input from another thread: permanently, or at a deadline.
///
/// libavformat discards a positive answer of its interrupt callback and continues to read if the
/// next answer is negative. After a deadline the answer therefore stays positive until the owner
/// sets another deadline.
package final class InputCancellation: Sendable {
  private struct State {
    var isSet = false
    var deadline = MonotonicTime.distantFuture
    var parent: InputCancellation?
  }
  private let state: Locked<State>

  /// A cancellation that is not set.
  ///
  /// - Parameter parent: its cancellation also cancels this one.
  package init(parent: InputCancellation? = nil) { state = Locked(State(parent: parent)) }

  /// Lets the cancellation of `parent` also cancel this one, which has had no parent.
  package func follow(_ parent: InputCancellation) { state.withLock { $0.parent = parent } }

  /// Cancels the present and all later calls of the input.
  package func cancel() { state.withLock { $0.isSet = true } }

  /// Whether the input is cancelled permanently.
  package var isCancelled: Bool {
    let (isSet, parent) = state.withLock { ($0.isSet, $0.parent) }
    return isSet || parent?.isCancelled ?? false
  }

  /// Whether the present call must end.
  var isDue: Bool {
    isCancelled
      || state.withLock {
        $0.deadline != .distantFuture && SystemClock.monotonicTime >= $0.deadline
      }
  }

  /// Sets the deadline of the next call; nil for none.
  func setDeadline(_ deadline: MonotonicTime?) {
    state.withLock { $0.deadline = deadline ?? .distantFuture }
  }
}
