// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Sharing
import TestSupport
import Testing
import Time

@Suite("The writer of log lines", .blocking)
struct LogWriterTests {
  /// A pipe that is read on request.
  private final class Pipe {
    let readEnd, writeEnd: Int32

    init() throws {
      var ends: [Int32] = [0, 0]
      try #require(unsafe pipe(&ends) == 0)
      (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit { _ = close(readEnd) }

    /// Reads until `count` lines have arrived; all lines if the other end is closed.
    func lines(_ count: Int) -> [String] {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 1000)
      // The last read of whole lines ends with a line.
      var ends = 0
      while ends < count || bytes.last != 10 {
        let read = unsafe Glibc.read(readEnd, &buffer, buffer.count)
        guard read > 0 else { break }
        ends += Self.lineEnds(buffer, read)
        bytes += buffer[..<read]
      }
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { String($0) }
    }

    /// The line ends of the first `count` bytes, by the C library: a closure for each of 4 million
    /// bytes takes 18 s of a debug build.
    private static func lineEnds(_ bytes: [UInt8], _ count: Int) -> Int {
      unsafe bytes.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return 0 }
        var (ends, offset) = (0, 0)
        while let found = unsafe memchr(base + offset, 10, count - offset) {
          ends += 1
          offset = unsafe UnsafeRawPointer(found) - base + 1
        }
        return ends
      }
    }
  }

  private static var soon: MonotonicTime { .hangLimit }

  @Test("lines are written in their order, and flushed")
  func order() throws {
    let pipe = try Pipe()
    let writer = LogWriter(descriptor: pipe.writeEnd)
    for index in 0..<500 { writer.write("line \(index)\n") }
    #expect(writer.flush(until: Self.soon))
    #expect(pipe.lines(500) == (0..<500).map { "line \($0)" })
    #expect(writer.lostCount == 0)
    #expect(writer.flush(until: .origin))
  }

  @Test(
    "a pipe that is not read blocks no caller; lost lines are counted and reported",
    .timeLimit(.minutes(1)))
  func unread() throws {
    let pipe = try Pipe()
    let writer = LogWriter(descriptor: pipe.writeEnd)
    writer.reportLoss { "lost \($0)\n" }
    // Three times as much as the queue and the pipe take.
    let line = String(repeating: "x", count: 999) + "\n"
    let count = 3 * LogWriter.capacity / 1000
    for _ in 0..<count { writer.write(line) }
    #expect(!writer.flush(until: SystemClock.monotonicTime + .milliseconds(50)))
    let lost = Int(writer.lostCount)
    #expect(lost > LogWriter.capacity / 1000 && lost < count)
    // Lines that the thread took before the queue was full may have a report of their own.
    var (found, reported) = (0, 0)
    while found < count - lost || reported < lost {
      let next = pipe.lines(1)
      if next.isEmpty { break }
      found += next.count { $0.count == 999 }
      reported += next.compactMap { Int($0.split(separator: " ").last ?? "") }.reduce(0, +)
    }
    #expect(found == count - lost && reported == lost)
    #expect(writer.flush(until: Self.soon))
    writer.write("again\n")
    #expect(pipe.lines(1) == ["again"])
  }
}
