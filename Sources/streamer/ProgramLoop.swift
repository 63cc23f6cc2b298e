// SPDX-License-Identifier: Apache-2.0

import Archive
import Configuration
import Glibc
import Logging
import Net
import Sharing
import Streams
import System
import Time

/// Runs the program until a signal, the end of all streams, or a failure ends it.
enum ProgramLoop {
  /// An event for the loop.
  private enum Event {
    case signal(SignalWaiter.Signal)
    /// A stream has failed or ended, or was removed.
    case streamChanged
  }

  /// The longest time from a signal that ends the program, or from the end of all streams, to its
  /// exit: for its streams, for players that fetch the end, and for their connections.
  static let stopLimit = Interval.seconds(9)

  /// How long the receivers of streams may take to get the end.
  private static let pushLimit = Interval.seconds(1)
  /// How long the archive may take to finish its files.
  private static let archiveLimit = Interval.seconds(2)

  /// Runs the program, and exits with its status.
  static func run(
    _ configuration: ValidatedConfiguration, log: Log, accessLog: LineFile?,
    statistics: LineFile?, archive: ArchiveStore?, handedOver: [NamedSocket]
  ) -> Never {
    let events = Monitor<[Event]>([])
    let isServing = Locked(false)
    let isStopping = Locked(false)
    do {
      let program = try Program(
        configuration, log: log, accessLog: accessLog, statistics: statistics,
        archive: archive, handedOver: handedOver
      ) { events.update { $0.append(.streamChanged) } }
      try SignalWaiter.start { signal in
        guard signal != .user1 else {
          accessLog?.reopen()
          return
        }
        guard signal != .hangup else {
          accessLog?.reopen()
          // Files can be slow, and this thread must take further signals.
          if OSThread(name: "reload", { program.reload() }) == nil {
            log.write(.error, "configuration", "not reloaded: \(SessionFailure.thread)")
          }
          return
        }
        // A source can block during the start; no client is connected yet.
        guard isServing.withLock({ $0 }) else { ExitStatus.exitAtOnce(0) }
        let isSecond = isStopping.withLock { stopping in
          defer { stopping = true }
          return stopping
        }
        if isSecond {
          log.write(.warning, "stopped", "ended at once by a second signal")
          ExitStatus.exitAtOnce(1)
        }
        limitStop("the signal", log)
        events.update { $0.append(.signal(signal)) }
      }
      try program.start()
      isServing.withLock { $0 = true }
      try program.accept()
      program.reportReady()
      let failure = wait(program, events, log)
      accessLog?.close()
      statistics?.close()
      program.closePushes(until: SystemClock.monotonicTime + pushLimit)
      archive?.close(until: SystemClock.monotonicTime + archiveLimit)
      if let failure { throw failure }
      ExitStatus.exit(0)
    } catch { ExitStatus.exit(for: error) }
  }

  /// Ends the process when the time to stop is over, which begins with `start`.
  private static func limitStop(_ start: String, _ log: Log) {
    let deadline = SystemClock.monotonicTime + stopLimit
    _ = OSThread(name: "stop-limit") {
      SystemClock.sleep(until: deadline)
      log.write(
        .error, "stopped",
        "ended \(stopLimit.wholeSeconds) s after \(start): a thread still runs")
      ExitStatus.exitAtOnce(1)
    }
  }

  /// Waits for the end and ends the streams.
  ///
  /// - Returns: the failure of the stream of flags; nil if there is none.
  private static func wait(
    _ program: Program, _ events: Monitor<[Event]>, _ log: Log
  ) -> SessionFailure? {
    /// When players have played the windows of streams that have all ended.
    var playedAt = MonotonicTime.distantFuture
    while true {
      let event = events.wait(until: playedAt) { $0.isEmpty ? nil : $0.removeFirst() }
      switch event {
      case .signal(.user2)?:
        if !program.isSupervised { program.leaveToOtherServer() }
        program.leave()
        return nil
      case .signal(.terminate)? where program.isSupervised:
        program.leave()
        return nil
      case .signal?:
        program.finish()
        return nil
      case nil:
        limitStop("the end of all streams", log)
        program.finish()
        return nil
      case .streamChanged?:
        switch program.exitReason {
        case .failed(let failure)?:
          limitStop("the failure of the stream", log)
          program.finish()
          return failure
        case .ended(let played)?: playedAt = SystemClock.monotonicTime + played
        case nil: playedAt = .distantFuture
        }
      }
    }
  }
}
