// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Time

/// One line of a log in parts, for programs.
package struct LogRecord: Sendable, Equatable {
  /// The severity.
  package let level: Log.Level
  /// A constant word in kebab-case.
  package let event: String
  /// The stream that the line is about; nil for the program.
  package let stream: String?
  /// The sentence for people, without the secrets that `Redaction` recognises.
  package let message: String
  /// When it was written.
  package let time: WallTime

  package init(
    _ level: Log.Level, _ event: String, stream: String?, _ message: String, at time: WallTime
  ) {
    self.level = level
    self.event = event
    self.stream = stream
    self.message = message
    self.time = time
  }
}
