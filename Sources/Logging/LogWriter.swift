// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sharing
package import Time

/// Writes log lines to a descriptor on a thread of its own, so that logging never blocks.
///
/// A pipe that is not read, or a stopped terminal, blocks the thread only. Lines beyond the
/// capacity of the queue are dropped and counted.
package final class LogWriter: Sendable {
  private struct Pending: Sendable {
    var lines: [String] = []
    var size = 0
    /// The number of dropped lines that no line has reported.
    var dropped: UInt64 = 0
    var isWriting = false
    var hasThread = false
  }

  /// The writer of standard error.
  package static let standardError = LogWriter(descriptor: STDERR_FILENO)

  /// The largest number of bytes in the queue.
  package static let capacity = 1 << 20

  private let descriptor: Int32
  private let pending = Monitor(Pending())
  private let total = Locked<UInt64>(0)
  private let lossLine = Locked<@Sendable (UInt64) -> String>({
    "\($0) log lines were dropped: they were not read in time\n"
  })

  /// A writer to `descriptor`, which stays open.
  package init(descriptor: Int32) { self.descriptor = descriptor }

  /// The number of dropped lines since the start.
  package var lostCount: UInt64 { total.withLock { $0 } }

  /// Sets the function that makes the line about dropped lines from their number.
  package func reportLoss(by line: @escaping @Sendable (UInt64) -> String) {
    lossLine.withLock { $0 = line }
  }

  /// Queues a complete line.
  package func write(_ line: String) {
    let size = line.utf8.count
    let (isDropped, needsThread) = pending.update { pending -> (Bool, Bool) in
      let isDropped = pending.size + size > Self.capacity
      if isDropped {
        pending.dropped += 1
      } else {
        pending.size += size
        pending.lines.append(line)
      }
      defer { pending.hasThread = true }
      return (isDropped, !pending.hasThread)
    }
    if isDropped { total.withLock { $0 += 1 } }
    guard needsThread, OSThread(name: "log", { [self] in run() }) == nil else { return }
    // Without a thread each line is written by its caller; the next call tries again.
    write(
      pending.update {
        $0.hasThread = false
        return Self.taken(&$0, isWriting: false)
      })
  }

  /// Waits until all queued lines are written, or until `deadline`.
  ///
  /// - Returns: whether they are.
  @discardableResult
  package func flush(until deadline: MonotonicTime) -> Bool {
    pending.wait(until: deadline) {
      $0.lines.isEmpty && !$0.isWriting ? true : nil
    } ?? false
  }

  private func run() {
    while true {
      let lines = pending.wait { pending in
        pending.lines.isEmpty ? nil : Self.taken(&pending, isWriting: true)
      }
      write(lines)
      pending.update { $0.isWriting = false }
    }
  }

  private func write(_ taken: (lines: [String], dropped: UInt64)) {
    writeAll(taken.lines)
    if taken.dropped > 0 { writeAll([lossLine.withLock { $0 }(taken.dropped)]) }
  }

  private static func taken(
    _ pending: inout Pending, isWriting: Bool
  ) -> (lines: [String], dropped: UInt64) {
    defer {
      pending.lines = []
      pending.size = 0
      pending.dropped = 0
      pending.isWriting = isWriting
    }
    return (pending.lines, pending.dropped)
  }

  /// Writes each line by one call, so that lines of several processes do not mix.
  private func writeAll(_ lines: [String]) {
    for line in lines {
      let bytes = Array(line.utf8)
      var offset = 0
      while offset < bytes.count {
        let count = unsafe bytes.withUnsafeBytes {
          unsafe Glibc.write(
            descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
        }
        if count > 0 {
          offset += count
        } else if count < 0, errno != EINTR, !waitUntilWritable() {
          break
        }
      }
    }
  }

  /// Waits for a descriptor that does not block, such as one shared with another program.
  ///
  /// - Returns: false if the last error was another one.
  private func waitUntilWritable() -> Bool {
    guard errno == EAGAIN else { return false }
    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return unsafe Glibc.poll(&poll, 1, -1) > 0 && poll.revents & Int16(POLLOUT) != 0
  }
}
