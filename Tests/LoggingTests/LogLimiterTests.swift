// SPDX-License-Identifier: Apache-2.0

import Sharing
import Testing
import Time

@testable import Logging

@Suite("The limit of log lines per stream and event")
struct LogLimiterTests {
  private static func at(_ seconds: Int64) -> MonotonicTime { .origin + .seconds(1000 + seconds) }

  @Test("the first lines of an interval are admitted, and the next one counts the others")
  func counts() {
    var limiter = LogLimiter(most: 3)
    let first = (0..<8).map { _ in limiter.admit("a", stream: "s", at: Self.at(0)) }
    #expect(first == [0, 0, 0, nil, nil, nil, nil, nil])
    let late = limiter.admit("a", stream: "s", at: Self.at(9))
    let next = (0..<4).map { _ in limiter.admit("a", stream: "s", at: Self.at(10)) }
    #expect(late == nil && next == [6, 0, 0, nil])
  }

  @Test("events and streams are counted apart")
  func apart() {
    var limiter = LogLimiter(most: 1)
    let all = [("a", "s"), ("b", "s"), ("a", "t"), ("a", "s")].map {
      limiter.admit($0.0, stream: $0.1, at: Self.at(0))
    }
    #expect(all == [0, 0, 0, nil])
  }

  @Test("a stream that invents events writes a bounded number of lines from a bounded memory")
  func inventedEvents() {
    var limiter = LogLimiter(most: 3)
    let admitted = (0..<50_000).filter { index in
      limiter.admit("event-\(index)", stream: "s", at: Self.at(0)) != nil
    }
    let other = limiter.admit("a", stream: "t", at: Self.at(0))
    #expect(admitted.count <= LogLimiter.minimumPerStream)
    #expect(limiter.size <= LogLimiter.eventCapacity + 2)
    #expect(other == 0)
    #expect(limiter.admit("event-1", stream: "s", at: Self.at(10)) == 0)
  }

  @Test("a full limiter goes on to limit: streams beyond its capacity are counted together")
  func full() {
    var limiter = LogLimiter(most: 2)
    for index in 0..<LogLimiter.streamCapacity {
      _ = limiter.admit("a", stream: "\(index)", at: Self.at(0))
    }
    let admitted = (0..<5000).filter { index in
      limiter.admit("a", stream: "late-\(index)", at: Self.at(1)) != nil
    }
    let known = (0..<3).map { _ in limiter.admit("a", stream: "7", at: Self.at(1)) }
    #expect(admitted.count == 2)
    #expect(known == [0, nil, nil])
    #expect(limiter.size <= LogLimiter.streamCapacity + 1)
    // Streams that are quiet make room.
    let later = (0..<5000).filter { index in
      limiter.admit("a", stream: "late-\(index)", at: Self.at(12)) != nil
    }
    #expect(later.count == 5000 && limiter.size <= 5001)
  }

  @Test("any number of streams takes a bounded amount of memory, and all lines are admitted")
  func many() {
    var limiter = LogLimiter(most: 1)
    for index in Int64(0)..<30_000 {
      let admitted = limiter.admit("a", stream: "\(index)", at: Self.at(index / 100))
      #expect(admitted == 0)
    }
  }

  @Test("a stream that logs without end writes a bounded number of lines; the program has no limit")
  func log() {
    let lines = Locked<[String]>([])
    let log = Log(format: .text, least: .info, lines: 5) { line in
      lines.withLock { $0.append(line) }
    }
    for _ in 0..<100 { log.write(.warning, "some-event", stream: "cam", "again") }
    for _ in 0..<7 { log.write(.warning, "some-event", "again") }
    #expect(lines.withLock { $0.count } == 12)
  }

  @Test(
    "characters that control a terminal or the direction of text are escaped in text",
    arguments: [
      ("\u{1B}[31mred", "\\u{1b}[31mred"), ("\u{1B}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
      ("a\u{9B}31m", "a\\u{9b}31m"), ("a\u{7F}b\u{0}", "a\\u{7f}b\\u{0}"),
      ("\u{202E}abc\u{2066}", "\\u{202e}abc\\u{2066}"), ("é 😀 ß", "é 😀 ß"),
    ] as [(String, String)])
  func escapes(message: String, expected: String) {
    let line = Log.line(.text, .info, "some-event", "cam", message, at: .origin)
    #expect(line.hasSuffix(" cam: \(expected)\n"))
  }
}
