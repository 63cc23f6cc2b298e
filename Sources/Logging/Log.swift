// SPDX-License-Identifier: Apache-2.0

import Glibc
import Media
import Sharing
import Time

/// The destination of log lines: standard error, one call per line.
package final class Log: Sendable {
  /// The severity of a line.
  package enum Level: String, Sendable, Comparable, CaseIterable, Codable {
    /// For developers; shown with `-v`.
    case debug
    /// Normal operation.
    case info
    /// A degradation; the program continues.
    case warning
    /// A failure.
    case error

    package static func < (a: Level, b: Level) -> Bool { a.priority > b.priority }

    /// The priority of a line in the journal: the less, the more severe.
    ///
    /// - Source: sd-daemon(3)
    var priority: Int {
      switch self {
      case .debug: 7
      case .info: 6
      case .warning: 4
      case .error: 3
      }
    }
  }

  /// The format of a line.
  package enum Format: String, Sendable, CaseIterable {
    /// For people.
    case text
    /// One JSON object per line.
    case json
  }

  /// Takes an admitted line: level, event, stream and message without secrets.
  package typealias Listener = @Sendable (Level, String, String?, String) -> Void

  /// The format of the lines.
  package let format: Format
  /// The least level of the lines.
  package let least: Level
  /// Takes an admitted line: level, event, stream and message.
  private let output: Listener
  private let limiter: Locked<LogLimiter>
  private let listener = Locked<Listener?>(nil)

  /// The default of `lines`: admitted lines per stream and event in 10 s.
  package static let defaultLines = 20

  /// A log on standard error, whose lines are written by another thread.
  ///
  /// If `hasPriorities`, each line begins with its priority, which the journal reads.
  package convenience init(
    format: Format, least: Level, lines: Int = defaultLines, hasPriorities: Bool = false,
    to writer: LogWriter
  ) {
    writer.reportLoss { lost in
      (hasPriorities ? Journal.prefix(.warning) : "")
        + Self.line(
          format, .warning, "log-lines-lost", nil,
          "\(lost) log lines were dropped: standard error was not read in time",
          at: SystemClock.wallTime)
    }
    self.init(format: format, least: least, lines: lines, hasPriorities: hasPriorities) {
      writer.write($0)
    }
  }

  /// A log of lines of at least the level `least`; `write` takes complete lines with their line
  /// end.
  package init(
    format: Format, least: Level, lines: Int = defaultLines, hasPriorities: Bool = false,
    write: @escaping @Sendable (String) -> Void = Log.standardError
  ) {
    limiter = Locked(LogLimiter(most: lines))
    self.format = format
    self.least = least
    output = { level, event, stream, message in
      let line = Self.line(format, level, event, stream, message, at: SystemClock.wallTime)
      write(hasPriorities ? Journal.prefix(level) + line : line)
    }
  }

  /// A log that gives its lines to `output`, without form: level, event and message.
  package init(
    least: Level, output: @escaping @Sendable (Level, _ event: String, String) -> Void
  ) {
    limiter = Locked(LogLimiter(most: Self.defaultLines))
    format = .text
    self.least = least
    self.output = { level, event, _, message in output(level, event, message) }
  }

  /// Writes one line, without the secrets that `Redaction` recognises.
  ///
  /// Lines of one event of one stream beyond a limit are omitted: a source can cause any number.
  ///
  /// - Parameters:
  ///   - level: the severity.
  ///   - event: a constant word in kebab-case for programs that read the log.
  ///   - stream: the stream that the line is about; nil for the program.
  ///   - message: the sentence for people.
  package func write(
    _ level: Level, _ event: StaticString, stream: String? = nil,
    _ message: @autoclosure () -> String
  ) {
    relay(level, "\(event)", stream: stream, message())
  }

  /// Writes one line of another process; its event is not a constant, and was checked.
  package func relay(
    _ level: Level, _ event: String, stream: String?, _ message: @autoclosure () -> String
  ) {
    let listener = level >= .info ? listener.withLock { $0 } : nil
    guard level >= least || listener != nil else { return }
    var omitted = 0
    if let stream {
      let admitted = limiter.withLock {
        $0.admit(event, stream: stream, at: SystemClock.monotonicTime)
      }
      guard let admitted else { return }
      omitted = admitted
    }
    let more = omitted > 0 ? " (\(omitted) more lines of this event were omitted)" : ""
    let message = Redaction.redact(message()) + more
    if level >= least { output(level, event, stream, message) }
    listener?(level, event, stream, message)
  }

  /// Gives each line from now on, of level info or above, to `listener`, on any thread; also lines
  /// below ``least``.
  package func listen(_ listener: @escaping Listener) {
    self.listener.withLock { $0 = listener }
  }

  static func line(
    _ format: Format, _ level: Level, _ event: String, _ stream: String?, _ message: String,
    at time: WallTime
  ) -> String {
    let time = UTCTime(time).text
    switch format {
    case .text:
      let name = level.rawValue + String(repeating: " ", count: 7 - level.rawValue.utf8.count)
      return "\(time) \(name) \(stream.map { $0 + ": " } ?? "")\(message.singleLine.printable)\n"
    case .json:
      let about = stream.map { ",\"stream\":\(JSONText.quoted($0))" } ?? ""
      return "{\"ts\":\"\(time)\",\"level\":\"\(level.rawValue)\"\(about),"
        + "\"event\":\"\(event)\",\"message\":\(JSONText.quoted(message))}\n"
    }
  }

  /// Writes a line to standard error by one call; unwritable bytes are lost.
  ///
  /// For the last line of a process: it waits at most 0.2 s for a pipe that is not read.
  package static let standardError: @Sendable (String) -> Void = { line in
    let bytes = Array(line.utf8)
    var poll = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    guard unsafe Glibc.poll(&poll, 1, 200) > 0 else { return }
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
  }
}

extension String {
  /// The text without line ends, so that one event stays one line.
  fileprivate var singleLine: String {
    contains(where: \.isNewline) ? split(whereSeparator: \.isNewline).joined(separator: " ") : self
  }

  /// The text with escapes in place of characters that control a terminal, or that change the
  /// direction of text: C0, DEL, C1, and bidirectional controls.
  fileprivate var printable: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      if scalar.isControl {
        text += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
  }
}

extension Unicode.Scalar {
  /// Whether the character is one of C0, DEL, C1, or a bidirectional control (UAX #9 §2).
  fileprivate var isControl: Bool {
    switch value {
    case 0...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
