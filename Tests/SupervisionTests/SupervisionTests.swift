// SPDX-License-Identifier: Apache-2.0

import Isolation
import Supervision
import Testing
import Time

@Suite("The decisions of a supervisor")
struct SupervisionTests {
  /// A supervision on a manual clock, whose log lines are kept apart.
  private struct Case {
    var now = MonotonicTime.origin
    var supervision = Supervision(now: .origin)
    var lines: [String] = []

    mutating func take(_ actions: [Supervision.Action]) -> [Supervision.Action] {
      actions.filter { action in
        if case .log(_, let line) = action {
          lines.append(line)
          return false
        }
        return true
      }
    }

    mutating func wait(_ time: Interval) -> [Supervision.Action] {
      now = now + time
      return take(supervision.step(now))
    }

    mutating func started(_ id: Int32) -> [Supervision.Action] {
      take(supervision.started(id, now: now))
    }

    mutating func sign(_ id: Int32) -> [Supervision.Action] {
      take(supervision.sign(of: id, now: now))
    }

    mutating func ended(_ id: Int32, _ end: ChildProcess.End) -> [Supervision.Action] {
      take(supervision.ended(id, end, now: now))
    }

    mutating func received(_ order: Supervision.Order) -> [Supervision.Action] {
      take(supervision.received(order, now: now))
    }
  }

  /// A case whose process 10 is ready.
  private func running() -> Case {
    var made = Case()
    #expect(made.wait(.zero) == [.start])
    #expect(made.started(10) == [] && made.sign(10) == [])
    #expect(made.supervision.isCurrent(10))
    return made
  }

  @Test("the first process is started at once, and its end with 0 ends the supervisor with 0")
  func end() {
    var made = running()
    #expect(made.ended(10, .exited(0)) == [.exit(0)])
  }

  @Test("wrong settings end the supervisor with 2, but not after the first success")
  func settings() {
    var first = Case()
    #expect(first.wait(.zero) == [.start] && first.started(10) == [])
    #expect(first.ended(10, .exited(2)) == [.exit(2)])
    var later = running()
    #expect(later.ended(10, .exited(2)) == [])
    #expect(later.wait(.milliseconds(100)) == [.start])
  }

  @Test("the pause before a restart doubles up to 10 s, and is short again after a long run")
  func pauses() {
    var made = running()
    var pauses: [Int64] = []
    for id in Int32(10)..<19 {
      #expect(made.ended(id, .killed(signal: 11)) == [])
      let pause = made.supervision.nextDeadline - made.now
      pauses.append(pause.milliseconds)
      #expect(made.wait(pause - .milliseconds(1)) == [] && made.wait(.milliseconds(1)) == [.start])
      #expect(made.started(id + 1) == [])
    }
    #expect(pauses == [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
    #expect(made.lines.first?.contains("SIGSEGV") == true && made.lines.count == 9)
    #expect(made.wait(.seconds(60)) == [] && made.ended(19, .exited(1)) == [])
    #expect(made.supervision.nextDeadline - made.now == .milliseconds(100))
  }

  @Test("a refused process is tried again after the pause")
  func refusal() {
    var made = Case()
    #expect(made.wait(.zero) == [.start])
    #expect(made.take(made.supervision.refused("no memory", now: made.now)) == [])
    #expect(made.wait(.milliseconds(100)) == [.start])
  }

  @Test("a ready process without a sign of life for 10 s is killed, one that starts is not")
  func silence() {
    var made = Case()
    #expect(made.wait(.zero) == [.start] && made.started(10) == [])
    #expect(made.wait(.seconds(100)) == [])
    #expect(made.sign(10) == [] && made.wait(.seconds(9)) == [] && made.sign(10) == [])
    #expect(made.wait(.seconds(9)) == [])
    #expect(made.wait(.seconds(1)) == [.signal(.kill, to: 10)])
    #expect(made.wait(.seconds(1)) == [])
    #expect(made.ended(10, .killed(signal: 9)) == [])
    #expect(made.wait(.milliseconds(100)) == [.start])
  }

  @Test("a process that is not ready after 120 s is killed, and another one is started")
  func slowStart() {
    var made = Case()
    #expect(made.wait(.zero) == [.start] && made.started(10) == [])
    #expect(made.supervision.nextDeadline == made.now + .seconds(120))
    #expect(made.wait(.seconds(119)) == [] && made.wait(.seconds(1)) == [.signal(.kill, to: 10)])
    #expect(made.lines.last == "process 10: not ready after 120 s: killed")
    // Once, although it has not ended yet.
    #expect(made.wait(.seconds(1)) == [] && made.supervision.nextDeadline == .distantFuture)
    #expect(made.ended(10, .killed(signal: 9)) == [])
    #expect(made.wait(.milliseconds(100)) == [.start])
  }

  @Test("a new process that hangs is killed, and the next order to replace is obeyed")
  func slowReplacement() {
    var made = running()
    #expect(made.received(.replace) == [.start] && made.started(11) == [])
    for _ in 0..<24 { #expect(made.sign(10) == [] && made.received(.replace) == []) }
    for _ in 0..<23 { #expect(made.wait(.seconds(5)) == [] && made.sign(10) == []) }
    #expect(made.wait(.seconds(5)) == [.signal(.kill, to: 11)])
    #expect(made.sign(10) == [] && made.ended(11, .killed(signal: 9)) == [])
    #expect(made.lines.last?.hasPrefix("not replaced") == true)
    #expect(made.supervision.isCurrent(10) && made.received(.replace) == [.start])
  }

  @Test("a replaced process leaves when the new one is ready, and only then")
  func replacement() {
    var made = running()
    #expect(made.supervision.replacedProcess == nil)
    #expect(made.received(.replace) == [.start] && made.received(.replace) == [])
    #expect(made.supervision.replacedProcess == 10)
    #expect(made.started(11) == [] && made.supervision.isCurrent(10))
    #expect(made.received(.replace) == [])
    #expect(made.sign(10) == [] && made.wait(.seconds(5)) == [])
    #expect(made.sign(11) == [.signal(.leave, to: 10)])
    #expect(made.supervision.isCurrent(11))
    #expect(made.ended(10, .exited(0)) == [])
    #expect(made.received(.reload) == [.signal(.reload, to: 11)])
  }

  @Test("a new process that fails before it is ready leaves the old one alone")
  func failedReplacement() {
    var made = running()
    #expect(made.received(.replace) == [.start] && made.started(11) == [])
    #expect(made.ended(11, .exited(2)) == [] && made.supervision.isCurrent(10))
    #expect(made.lines.last?.hasPrefix("not replaced") == true)
    #expect(made.received(.replace) == [.start])
    #expect(made.take(made.supervision.refused("no memory", now: made.now)) == [])
    #expect(made.supervision.isCurrent(10))
  }

  @Test("a process that fails while its successor starts is not started a second time")
  func successor() {
    var made = running()
    #expect(made.received(.replace) == [.start] && made.started(11) == [])
    #expect(made.ended(10, .killed(signal: 11)) == [] && made.wait(.seconds(20)) == [])
    #expect(made.supervision.isCurrent(11) && made.sign(11) == [])
  }

  @Test("an old process that does not leave is killed")
  func stuck() {
    var made = running()
    #expect(made.received(.replace) == [.start] && made.started(11) == [])
    #expect(made.sign(11) == [.signal(.leave, to: 10)])
    #expect(made.wait(.seconds(9)) == [] && made.sign(11) == [])
    #expect(made.wait(.seconds(3)) == [.signal(.kill, to: 10)] && made.sign(11) == [])
    #expect(made.wait(.seconds(9)) == [])
  }

  @Test("the end waits for all processes, and is 1 if one of them had to be killed")
  func finish() {
    var made = running()
    #expect(made.received(.replace) == [.start] && made.started(11) == [])
    #expect(made.received(.finish) == [.signal(.finish, to: 10), .signal(.finish, to: 11)])
    #expect(made.ended(11, .exited(0)) == [])
    #expect(made.wait(.seconds(12)) == [.signal(.kill, to: 10)])
    #expect(made.ended(10, .killed(signal: 9)) == [.exit(1)])
    var waiting = running()
    #expect(waiting.ended(10, .exited(1)) == [])
    #expect(waiting.received(.finish) == [.exit(0)])
  }

  @Test("a second order to end is passed on, which ends the program at once")
  func secondFinish() {
    var made = running()
    #expect(made.received(.finish) == [.signal(.finish, to: 10)])
    #expect(made.received(.finish) == [.signal(.finish, to: 10)])
    #expect(made.received(.replace) == [] && made.wait(.seconds(1)) == [])
    #expect(made.ended(10, .exited(0)) == [.exit(0)])
  }

  @Test("signals for the configuration and the log reach all processes")
  func passedOn() {
    var made = running()
    #expect(made.received(.replace) == [.start] && made.started(11) == [])
    #expect(made.received(.reopen) == [.signal(.reopen, to: 10), .signal(.reopen, to: 11)])
    #expect(made.received(.reload) == [.signal(.reload, to: 10), .signal(.reload, to: 11)])
  }
}
