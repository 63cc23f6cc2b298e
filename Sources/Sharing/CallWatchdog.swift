// SPDX-License-Identifier: Apache-2.0

package import Time

/// The calls of libraries that the threads of a process are in, such as the decoding of a frame.
///
/// A codec or demuxer that loops for ever on damaged media is noticed by a call that does not end.
package final class CallWatchdog: Sendable {
  /// What a call does.
  package enum Work: Sendable {
    /// Decodes, encodes or scales.
    case coding
    /// Reads from an input.
    case reading
    /// Opens an input, or reads from one that opens others: names are looked up.
    case connecting

    /// How long a call may take without a sign of life: far more than the slowest one needs.
    package var limit: Interval {
      switch self {
      case .coding: .seconds(4)
      case .reading: .seconds(15)
      case .connecting: .seconds(60)
      }
    }
  }

  /// A call that has begun.
  package struct Ticket: Sendable { fileprivate let number: UInt64 }

  private let calls = Locked(OpenCalls())

  /// A watch without calls.
  package init() {}

  /// Makes a call.
  package func during<Result: ~Copyable, Failure: Error>(
    _ work: Work, _ call: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let ticket = begin(work)
    defer { end(ticket) }
    return try call()
  }

  /// Notes a call that begins.
  package func begin(_ work: Work) -> Ticket {
    calls.withLock { Ticket(number: $0.begin(work, at: SystemClock.monotonicTime)) }
  }

  /// Notes a sign of life of a call, such as that it waits for data.
  package func refresh(_ ticket: Ticket) {
    calls.withLock { $0.refresh(ticket.number, at: SystemClock.monotonicTime) }
  }

  /// Notes the end of a call.
  package func end(_ ticket: Ticket) { calls.withLock { $0.end(ticket.number) } }

  /// What does not return; nil if nothing.
  ///
  /// Ask every ``OpenCalls/interval``: a longer interval counts as a pause of the process.
  package func stuck(at now: MonotonicTime) -> Work? { calls.withLock { $0.stuck(at: now) } }
}
