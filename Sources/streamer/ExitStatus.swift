// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Logging
import Sharing
import Streams
import Time

/// The exit statuses of the program: 0, 1 after a failure, 2 after wrong settings.
enum ExitStatus {
  /// How long the last log lines may take.
  private static let flushLimit = Interval.milliseconds(500)

  /// Exits after the queued log lines are written.
  ///
  /// If a thread was left, exit handlers are not called: they free objects that it may use.
  static func exit(_ status: Int32) -> Never {
    LogWriter.standardError.flush(until: SystemClock.monotonicTime + flushLimit)
    if OSThread.areLeft { Glibc._exit(status) }
    Glibc.exit(status)
  }

  /// Ends the process at once, whatever its threads do; for any thread.
  static func exitAtOnce(_ status: Int32) -> Never {
    LogWriter.standardError.flush(until: SystemClock.monotonicTime + flushLimit)
    Glibc._exit(status)
  }

  /// Exits with one line on standard error.
  static func exit(_ status: Int32, _ line: String) -> Never {
    LogWriter.standardError.flush(until: SystemClock.monotonicTime + flushLimit)
    Log.standardError("streamer: \(Redaction.redact(line))\n")
    exit(status)
  }

  /// Exits with the status and the line of an error.
  static func exit(for error: any Error) -> Never {
    switch error {
    case let error as UsageError:
      var places = SettingLines()
      let lines = places.lines(of: error)
      for line in lines.dropLast() { Log.standardError("streamer: \(Redaction.redact(line))\n") }
      exit(2, lines.last ?? "")
    // A missing source that a flag names is a wrong setting.
    case SessionFailure.source(let reason), SessionFailure.configuration(let reason):
      exit(2, reason)
    default: exit(1, "\(error)")
    }
  }
}
