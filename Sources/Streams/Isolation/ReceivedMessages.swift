// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation
import Scheduling
import Sharing
import Time

/// The messages of the process of a source, up to a rate, and its facts once.
///
/// Facts are JSON, which takes longer to read than other messages of its size.
/// The prefill is made faster than it plays: a process that sends it faster than the rate has to
/// wait. All other media come in real time.
struct ReceivedMessages {
  /// How long the rest of a message may take.
  private static let rest = Interval.seconds(5)

  private let pipe: MessagePipe
  private var budget = MessageBudget()
  private var hasFacts = false

  /// The messages from a pipe.
  init(_ pipe: MessagePipe) { self.pipe = pipe }

  /// Receives a message; blocks until `deadline` at most.
  ///
  /// - Throws: the error of the pipe. The result is a failure if the bytes are no message, or one
  ///   message too many.
  mutating func next(
    until deadline: MonotonicTime
  ) throws(MessagePipe.Failure) -> Result<ChildMessage, MessageError> {
    let (size, result) = try pipe.receive(ChildMessage.self, until: deadline, rest: Self.rest)
    if case .success(.facts) = result {
      if hasFacts { return .failure(.invalid(field: "the facts", value: "that were sent before")) }
      hasFacts = true
    }
    let now = SystemClock.monotonicTime
    let excess = budget.take(size, at: now)
    guard excess > .zero, case .success(let message) = result else { return result }
    guard message.isPrefill else {
      return .failure(.tooMany(perSecond: MessageBudget.messages, bytes: MessageBudget.bytes))
    }
    SystemClock.sleep(until: now + excess)
    return result
  }
}

extension ChildMessage {
  fileprivate var isPrefill: Bool {
    if case .chunk(let chunk) = self { chunk.role == .prefill } else { false }
  }
}
