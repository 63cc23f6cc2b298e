import Glibc
import Media

/// Where log lines go: standard error, a line each, written by one call.
package final class Log: Sendable {
  /// How much a line matters.
  package enum Level: Int, Sendable, Comparable {
    /// For developers; shown with `-v`.
    case debug
    /// What an operator wants to know when all is well.
    case info
    /// Something is worse than it should be; the program goes on.
    case warning
    /// Something failed.
    case error

    package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

    var name: String {
      switch self {
      case .debug: "debug"
      case .info: "info"
      case .warning: "warning"
      case .error: "error"
      }
    }
  }

  /// How a line looks.
  package enum Format: String, Sendable, CaseIterable {
    /// For people.
    case text
    /// One JSON object a line.
    case json
  }

  private let format: Format
  private let least: Level
  private let write: @Sendable (String) -> Void

  /// A log that shows lines of `least` and above; `write` takes whole lines with their line end.
  package init(
    format: Format, least: Level, write: @escaping @Sendable (String) -> Void = Log.standardError
  ) {
    self.format = format
    self.least = least
    self.write = write
  }

  /// Writes one line.
  ///
  /// - Parameters:
  ///   - level: how much it matters.
  ///   - event: a short constant word for programs that read the log.
  ///   - stream: which stream it is about, if it is about one.
  ///   - message: the sentence for people.
  package func write(
    _ level: Level, _ event: StaticString, stream: String? = nil,
    _ message: @autoclosure () -> String
  ) {
    guard level >= least else { return }
    write(Self.line(format, level, event, stream, message(), at: Self.now()))
  }

  static func line(
    _ format: Format, _ level: Level, _ event: StaticString, _ stream: String?, _ message: String,
    at nanoseconds: Int64
  ) -> String {
    let time = UTCTime(nanoseconds: nanoseconds).text
    switch format {
    case .text:
      let name = level.name + String(repeating: " ", count: 7 - level.name.utf8.count)
      return "\(time) \(name) \(stream.map { $0 + ": " } ?? "")\(message.singleLine)\n"
    case .json:
      let about = stream.map { ",\"stream\":\(JSONText.quoted($0))" } ?? ""
      return "{\"ts\":\"\(time)\",\"level\":\"\(level.name)\"\(about),"
        + "\"event\":\"\(event)\",\"message\":\(JSONText.quoted(message))}\n"
    }
  }

  /// Writes a line to standard error by one call; what cannot be written is lost.
  package static let standardError: @Sendable (String) -> Void = { line in
    let bytes = Array(line.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
  }

  private static func now() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

extension String {
  /// The text without line ends, so that one event stays one line.
  fileprivate var singleLine: String {
    contains(where: \.isNewline) ? split(whereSeparator: \.isNewline).joined(separator: " ") : self
  }
}
