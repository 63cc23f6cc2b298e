// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sharing
package import Time

/// A file of lines, written by a separate thread: appending never waits for the disk.
///
/// Lines the disk cannot take in time are dropped and counted; each such episode is logged once.
/// The file exists until it is closed.
package final class LineFile: Sendable {
  /// Why the file cannot be opened.
  package struct Failure: Error, CustomStringConvertible {
    /// One line: the path and the system's reason.
    package let description: String
  }

  /// What the lines are for: the words of the log, and the form of the file.
  package struct Purpose: Sendable {
    /// The name of the file for people.
    let title: String
    /// The name of the writing thread.
    let thread: String
    let failed: StaticString
    let behind: StaticString
    let recovered: StaticString
    /// The first line of each file; nil for none.
    var header: String?
    /// The size in bytes from which a file is renamed, and how many renamed files are kept; nil if
    /// files are not renamed.
    var rotation: (bytes: Int64, files: Int)?

    /// One line per response; other programs rename the file.
    package static let accessLog = Purpose(
      title: "access log", thread: "access-log", failed: "access-log-failed",
      behind: "access-log-behind", recovered: "access-log-recovered")

    /// Statistics with the line `header`; of 64 MB each, eight earlier files are kept.
    package static func statistics(header: String, bytes: Int64 = 64_000_000) -> Purpose {
      Purpose(
        title: "statistics", thread: "statistics", failed: "statistics-failed",
        behind: "statistics-behind", recovered: "statistics-recovered", header: header,
        rotation: (bytes, 8))
    }
  }

  private struct Pending {
    var lines: [@Sendable () -> String] = []
    var size = 0
    /// Lines dropped because the queue was full, and because writing failed.
    var overflown: UInt64 = 0
    var failed: UInt64 = 0
    var wantsReopening = false
    var isClosed = false
  }

  /// The size of the queue in bytes; further lines are dropped.
  private static let capacity = 8 * 1024 * 1024
  /// The interval between writes: one write for many lines.
  private static let period = Interval.milliseconds(100)

  private let path: String
  private let log: Log
  private let purpose: Purpose
  private let pending = Locked(Pending())
  private let thread = Locked<OSThread?>(nil)

  /// Opens `path` for appending; creates it if it does not exist.
  package init(_ path: String, _ purpose: Purpose = .accessLog, log: Log) throws(Failure) {
    self.path = path
    self.purpose = purpose
    self.log = log
    let writer = LineWriter(descriptor: try Self.open(path))
    let started = OSThread(name: purpose.thread) { [self] in
      var writer = writer
      writeHeader(&writer)
      while !writeNext(&writer) {
        SystemClock.sleep(until: SystemClock.monotonicTime + Self.period)
      }
      writer.close()
    }
    guard let started else { throw Failure(description: "\(path): no thread can be started") }
    thread.withLock { $0 = started }
  }

  /// Queues a line.
  ///
  /// - Parameters:
  ///   - size: the approximate number of bytes that `line` retains until it is called.
  ///   - line: renders the line, without its line end, on the writing thread.
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

  /// Opens the path again, after a log rotation moved the file; keeps the old file if that fails.
  package func reopen() { pending.withLock { $0.wantsReopening = true } }

  /// Writes the queued lines and closes the file, unless the disk takes longer than `limit`.
  package func close(within limit: Interval = OSThread.joinLimit) {
    pending.withLock { $0.isClosed = true }
    guard let thread = thread.withLock({ $0 }) else { return }
    log.join(thread, until: SystemClock.monotonicTime + limit)
  }

  /// The number of dropped lines.
  package var lostCount: UInt64 { pending.withLock { $0.overflown + $0.failed } }

  /// Writes the lines queued since the last iteration; true after the last iteration.
  private func writeNext(_ writer: inout LineWriter) -> Bool {
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
    rotate(&writer)
    for change in writer.changes(overflown: overflown) { report(change) }
    return isLast
  }

  private func reopen(_ writer: inout LineWriter) {
    do throws(Failure) {
      writer.replace(by: try Self.open(path))
      writeHeader(&writer)
      log.write(.info, "access-log-reopened", "\(purpose.title) \(path): reopened")
    } catch {
      log.write(.warning, purpose.failed, "\(error.description); writing to the old file")
    }
  }

  private func writeHeader(_ writer: inout LineWriter) {
    guard let header = purpose.header, writer.size == 0 else { return }
    _ = writer.write([{ header }])
  }

  /// Renames a file that is large enough, and continues with another one.
  private func rotate(_ writer: inout LineWriter) {
    guard let rotation = purpose.rotation, writer.size >= rotation.bytes else { return }
    let files = FileRotation(path: path, files: rotation.files)
    // If the folder does not permit it, the file grows on: no line is lost for that.
    guard let next = files.next({ try? Self.open(path) }) else { return }
    writer.replace(by: next)
    writeHeader(&writer)
  }

  private func report(_ change: LineWriter.Change) {
    switch change {
    case .failing(let reason):
      log.write(
        .warning, purpose.failed,
        "\(purpose.title) \(path): \(reason); lines are dropped until writing succeeds")
    case .behind:
      log.write(
        .warning, purpose.behind,
        "\(purpose.title) \(path): the disk is too slow; lines are dropped")
    case .recovered:
      log.write(
        .info, purpose.recovered,
        "\(purpose.title) \(path): written again; \(lostCount) lines are lost in all")
    }
  }

  private static func open(_ path: String) throws(Failure) -> Int32 {
    // A pipe without a reader must not block the program.
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK
    let descriptor = unsafe Glibc.open(path, flags, 0o640)
    guard descriptor >= 0 else {
      throw Failure(description: "\(path): \(unsafe String(cString: strerror(errno)))")
    }
    return descriptor
  }
}
