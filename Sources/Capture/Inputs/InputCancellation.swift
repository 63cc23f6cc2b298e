// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
package import Sharing
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
    /// The present call of a library.
    var ticket: CallWatchdog.Ticket?
  }
  private let state: Locked<State>
  /// Gets the calls of libraries; nil if nothing watches them.
  private let watch: CallWatchdog?

  /// A cancellation that is not set.
  ///
  /// - Parameters:
  ///   - parent: its cancellation also cancels this one.
  ///   - watch: gets the calls of libraries; nil for that of `parent`.
  package init(parent: InputCancellation? = nil, watch: CallWatchdog? = nil) {
    state = Locked(State(parent: parent))
    self.watch = watch ?? parent?.watch
  }

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
  ///
  /// A call that asks waits for data: it is not stuck. A call that does not end although it must,
  /// may be.
  var isDue: Bool {
    if isCancelled { return true }
    let (isOver, ticket) = state.withLock { state in
      (
        state.deadline != .distantFuture && SystemClock.monotonicTime >= state.deadline,
        state.ticket
      )
    }
    if !isOver, let ticket { watch?.refresh(ticket) }
    return isOver
  }

  /// Makes calls of a library that may never return.
  func during<Result, Failure: Error>(
    _ work: CallWatchdog.Work, _ calls: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let watch else { return try calls() }
    let ticket = watch.begin(work)
    let outer = state.withLock { state in
      defer { state.ticket = ticket }
      return state.ticket
    }
    defer {
      state.withLock { $0.ticket = outer }
      watch.end(ticket)
    }
    return try calls()
  }

  /// The interrupt callback of libavformat; the cancellation must outlive the context.
  var interrupt: AVIOInterruptCB {
    unsafe AVIOInterruptCB(
      callback: { opaque in
        guard let opaque = unsafe opaque else { return 0 }
        let cancellation = unsafe Unmanaged<InputCancellation>.fromOpaque(opaque)
          .takeUnretainedValue()
        return cancellation.isDue ? 1 : 0
      }, opaque: Unmanaged.passUnretained(self).toOpaque())
  }

  /// Sets the deadline of the next call; nil for none.
  func setDeadline(_ deadline: MonotonicTime?) {
    state.withLock { $0.deadline = deadline ?? .distantFuture }
  }
}
