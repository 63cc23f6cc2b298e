// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing
import Time

@testable import Logging

@Suite("Log lines")
struct LogTests {
  /// 2026-11-20T06:22:01.234567890Z.
  static let time = WallTime(nanoseconds: 1_795_155_721_234_567_890)

  private static func line(
    _ format: Log.Format, _ message: String, stream: String? = nil, level: Log.Level = .info
  ) -> String {
    Log.line(format, level, "some-event", stream, message, at: time)
  }

  @Test(
    "a line of text is time, level in a column, stream, message",
    arguments: [Log.Level.info, .warning])
  func text(_ level: Log.Level) {
    let line = Self.line(.text, "it works", stream: "live", level: level)
    let parts = line.split(separator: " ", omittingEmptySubsequences: true)
    #expect(parts[0].hasPrefix("2026-11-20T06:22:01.234"))
    #expect(parts[1] == level.rawValue)
    #expect(line.hasSuffix(" live: it works\n"))
    // The message begins in the same column at each level.
    let other = Self.line(.text, "it works", stream: "live", level: .error)
    #expect(line.utf8.count == other.utf8.count)
  }

  @Test(
    "an event is one line, also if the message contains line breaks",
    arguments: Log.Format.allCases, ["a\nb", "a\r\nb", "a\u{2028}b", "a\u{85}b", "\n", "a\u{B}b"])
  func oneLine(_ format: Log.Format, _ message: String) {
    let line = Self.line(format, message)
    #expect(line.utf8.count { $0 == 10 } == 1)
    #expect(line.hasSuffix("\n"))
    if format == .text { #expect(line.count { $0.isNewline } == 1) }
  }

  @Test(
    "a JSON line parses to the values written, RFC 8259 §7",
    arguments: [
      "plain", "", "\"quoted\" \\ back", "tab\there\r\nand\u{0}\u{1F}\u{7F}", "é 😀 \u{2028}",
      "</script>",
    ])
  func json(_ message: String) throws {
    let line = Self.line(.json, message, stream: message)
    let read = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
    #expect(read["message"] == message)
    #expect(read["stream"] == message)
    #expect(read["event"] == "some-event")
    #expect(read["level"] == "info")
    #expect(read["ts"]?.hasPrefix("2026-11-20T06:22:01") == true)
    #expect(Set(read.keys) == ["ts", "level", "stream", "event", "message"])
    #expect(JSONText.quoted(message).utf8.allSatisfy { $0 >= 0x20 })
  }

  @Test("a line of an event without a stream has no stream member")
  func noStream() {
    #expect(!Self.line(.json, "x").contains("stream"))
    #expect(!Self.line(.text, "x").contains(": "))
  }

  @Test("a message below the least level is neither evaluated nor written")
  func levels() {
    let written = Written()
    let log = Log(format: .text, least: .warning) { written.lines.append($0) }
    func message(_ text: String) -> String {
      written.evaluated += 1
      return text
    }
    log.write(.debug, "x", message("no"))
    log.write(.info, "x", message("no"))
    log.write(.warning, "x", message("a"))
    log.write(.error, "x", message("b"))
    #expect(written.evaluated == 2)
    #expect(written.lines.map { $0.suffix(2) } == ["a\n", "b\n"])
  }

  @Test("for the journal, a line begins with its priority")
  func priorities() {
    let written = Written()
    let log = Log(format: .text, least: .debug, hasPriorities: true) { written.lines.append($0) }
    for level in Log.Level.allCases { log.write(level, "x", "a") }
    #expect(written.lines.map { $0.prefix(5) } == ["<7>20", "<6>20", "<4>20", "<3>20"])
  }

  @Test("a descriptor is the journal's if systemd names its device and inode")
  func journal() {
    var status = stat()
    #expect(unsafe fstat(0, &status) == 0)
    let (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    #expect(Journal.reads(0, stream: "\(device):\(inode)"))
    for other in ["\(device):\(inode + 1)", "\(device)", "\(device):\(inode):1", "", ":", nil] {
      #expect(!Journal.reads(0, stream: other))
    }
    #expect(!Journal.reads(-1, stream: "\(device):\(inode)"))
  }

  /// The lines written and the messages evaluated; confined to one thread.
  private final class Written: @unchecked Sendable {
    var lines: [String] = []
    var evaluated = 0
  }
}
