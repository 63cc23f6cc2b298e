// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sharing

/// A file of lines, written by a thread of its own: who appends never waits for the disk.
///
/// What the disk cannot take, or comes faster than it is written, is lost and counted; the log says so once for each
/// time that it begins.
///
/// Lives until it is closed.
package final class LineFile: Sendable {
  /// Why the file cannot be opened.
  package struct Failure: Error, CustomStringConvertible {
    /// One line: the path and the system's reason.
    package let description: String
  }

  private struct Pending {
    var lines: [@Sendable () -> String] = []
    var size = 0
    /// Lines lost since they came too fast, and since they could not be written.
    var overflown: UInt64 = 0
    var failed: UInt64 = 0
    var wantsReopening = false
    var isClosed = false
  }

  /// Bytes of what waits above which lines are lost.
  private static let capacity = 8 * 1024 * 1024
  /// How often what waits is written, in nanoseconds: one write for many lines.
  private static let period: Int64 = 100_000_000

  private let path: String
  private let log: Log
  private let pending = Locked(Pending())
  private let thread = Locked<OSThread?>(nil)

  /// Opens `path` for appending, and makes it where it is not.
  package init(_ path: String, log: Log) throws(Failure) {
    self.path = path
    self.log = log
    let writer = LineWriter(descriptor: try Self.open(path))
    let started = OSThread(name: "access-log") { [self] in
      var writer = writer
      while !turn(&writer) { SystemClock.sleep(until: SystemClock.monotonic + Self.period) }
      writer.close()
    }
    guard let started else { throw Failure(description: "\(path): no thread can be started") }
    thread.withLock { $0 = started }
  }

  /// Appends a line soon.
  ///
  /// - Parameters:
  ///   - size: about how many bytes `line` holds until it is called.
  ///   - line: makes the line, without its line end, on the writing thread.
  package func append(size: Int, _ line: @escaping @Sendable () -> String) {
    pending.withLock { pending in
      guard !pending.isClosed, pending.size + size <= Self.capacity else {
        pending.overflown += 1
        return
      }
      pending.size += size
      pending.lines.append(line)
    }
  }

  /// Opens the file anew, for whoever has moved it away; the old one goes on where that fails.
  package func reopen() { pending.withLock { $0.wantsReopening = true } }

  /// Writes what waits, and ends.
  package func close() {
    pending.withLock { $0.isClosed = true }
    thread.withLock { $0 }?.join()
  }

  /// Lines that were not written.
  package var lostCount: UInt64 { pending.withLock { $0.overflown + $0.failed } }

  /// Writes what has come since the last turn; true after the last.
  private func turn(_ writer: inout LineWriter) -> Bool {
    let (lines, reopens, isLast, overflown) = pending.withLock {
      pending -> ([@Sendable () -> String], Bool, Bool, UInt64) in
      let taken = pending.lines
      pending.lines = []
      pending.size = 0
      defer { pending.wantsReopening = false }
      return (taken, pending.wantsReopening, pending.isClosed, pending.overflown)
    }
    if reopens { reopen(&writer) }
    let failed = writer.write(lines)
    if failed > 0 { pending.withLock { $0.failed += UInt64(failed) } }
    for change in writer.changes(overflown: overflown) { report(change) }
    return isLast
  }

  private func reopen(_ writer: inout LineWriter) {
    do throws(Failure) {
      writer.replace(by: try Self.open(path))
      log.write(.info, "access_log_reopened", "access log \(path) opened anew")
    } catch {
      log.write(.warning, "access_log_failed", "\(error.description); the old file goes on")
    }
  }

  private func report(_ change: LineWriter.Change) {
    switch change {
    case .failing(let reason):
      log.write(
        .warning, "access_log_failed",
        "access log \(path): \(reason); lines are lost until it can be written again")
    case .behind:
      log.write(
        .warning, "access_log_behind", "access log \(path): written too slowly; lines are lost")
    case .recovered:
      log.write(
        .info, "access_log_recovered",
        "access log \(path): written again; \(lostCount) lines are lost in all")
    }
  }

  private static func open(_ path: String) throws(Failure) -> Int32 {
    // A pipe that nobody reads must not stop the program.
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK
    let descriptor = unsafe Glibc.open(path, flags, 0o640)
    guard descriptor >= 0 else {
      throw Failure(description: "\(path): \(unsafe String(cString: strerror(errno)))")
    }
    return descriptor
  }
}
