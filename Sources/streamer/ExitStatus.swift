// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Logging
import Sharing
import Streams

/// The exit statuses of the program: 0, 1 after a failure, 2 after wrong settings.
enum ExitStatus {
  /// Exits with one line on standard error.
  static func exit(_ status: Int32, _ line: String) -> Never {
    Log.standardError("streamer: \(Redaction.redact(line))\n")
    Glibc.exit(status)
  }

  /// Exits with the status and the line of an error.
  static func exit(for error: any Error) -> Never {
    switch error {
    case let error as UsageError: exit(2, "\(error)")
    case let failure as StreamSession.Failure: exit(for: failure)
    default: exit(1, "\(error)")
    }
  }

  private static func exit(for failure: StreamSession.Failure) -> Never {
    switch failure {
    // A missing source that a flag names is a wrong setting.
    case .source(let reason), .configuration(let reason): exit(2, reason)
    case .encoder, .thread: exit(1, "\(failure)")
    }
  }
}
