// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Logging
import Net
import Sharing
import Streams

/// Runs the program until a signal, the end of all streams, or a failure ends it.
enum ProgramLoop {
  /// An event for the loop.
  private enum Event {
    case signal(SignalWaiter.Signal)
    /// A stream has failed or ended, or was removed.
    case streamChanged
  }

  /// Runs the program, and exits with its status.
  static func run(
    _ configuration: ValidatedConfiguration, log: Log, accessLog: LineFile?,
    handedOver: [ListeningSocket]
  ) -> Never {
    let events = Monitor<[Event]>([])
    let isServing = Locked(false)
    do {
      let program = try Program(
        configuration, log: log, accessLog: accessLog, handedOver: handedOver
      ) { events.update { $0.append(.streamChanged) } }
      try SignalWaiter.start { signal in
        guard signal != .hangup else {
          accessLog?.reopen()
          return program.reload()
        }
        // A source can block during the start; no client has received anything yet.
        guard isServing.withLock({ $0 }) else { exit(0) }
        events.update { $0.append(.signal(signal)) }
      }
      try program.start()
      isServing.withLock { $0 = true }
      let failure = wait(program, events)
      accessLog?.close()
      if let failure { throw failure }
      exit(0)
    } catch { ExitStatus.exit(for: error) }
  }

  /// Waits for the end and ends the streams.
  ///
  /// - Returns: the failure of the stream of flags; nil if there is none.
  private static func wait(
    _ program: Program, _ events: Monitor<[Event]>
  ) -> StreamSession.Failure? {
    /// Monotonic time at which players have played the windows of streams that have all ended.
    var playedAt = Int64.max
    while true {
      let event = events.wait(until: playedAt) { $0.isEmpty ? nil : $0.removeFirst() }
      switch event {
      case .signal(.user2)?:
        program.leave()
        return nil
      case .signal(.terminate)? where program.isSupervised:
        program.leave()
        return nil
      case .signal?, nil:
        program.finish()
        return nil
      case .streamChanged?:
        switch program.exitReason {
        case .failed(let failure)?:
          program.finish()
          return failure
        case .ended?: playedAt = SystemClock.monotonic + program.windowNanoseconds
        case nil: playedAt = .max
        }
      }
    }
  }
}
