// SPDX-License-Identifier: Apache-2.0

import CLinux
import CTestSockets
import Glibc
import Net
import Sharing
import Testing

private final class Recorder: LoopService {
  struct Seen: Sendable {
    var wakes = 0
    var expiries: [Int64] = []
  }

  let seen: Locked<Seen>
  var nextDeadline = Int64.max

  init(_ seen: Locked<Seen>) { self.seen = seen }

  func woken() { seen.withLock { $0.wakes += 1 } }

  func expire(_ now: Int64) {
    nextDeadline = .max
    seen.withLock { $0.expiries.append(now) }
  }
}

/// Counts turns: a loop asks for the deadline once before each wait.
private final class TurnCounter: LoopService {
  let turns: Locked<Int>

  init(_ turns: Locked<Int>) { self.turns = turns }

  func woken() {}

  var nextDeadline: Int64 {
    turns.withLock { $0 += 1 }
    return .max
  }

  func expire(_ now: Int64) {}
}

@Suite("Event loops")
struct EventLoopTests {
  private func barrier(_ loop: EventLoop) {
    let done = Monitor(false)
    loop.post { done.update { $0 = true } }
    done.wait { $0 ? () : nil }
  }

  @Test("jobs run in the order of posting, and many wakes between two turns are one")
  func mail() throws {
    let loop = try EventLoop(index: 0)
    let seen = Locked(Recorder.Seen())
    try loop.start { _ in Recorder(seen) }
    barrier(loop)
    let order = Locked<[Int]>([])
    let gate = Monitor(false)
    loop.post { gate.wait { $0 ? () : nil } }
    for index in 0..<100 {
      loop.post { order.withLock { $0.append(index) } }
      loop.wake()
    }
    gate.update { $0 = true }
    barrier(loop)
    barrier(loop)
    #expect(order.withLock { $0 } == Array(0..<100))
    #expect((1...2).contains(seen.withLock { $0.wakes }))
    loop.stop()
    loop.join()
  }

  @Test("a wake is never lost")
  func wakes() throws {
    let loop = try EventLoop(index: 1)
    let seen = Locked(Recorder.Seen())
    try loop.start { _ in Recorder(seen) }
    for count in 1...2000 {
      loop.wake()
      var patience = 5000
      while seen.withLock({ $0.wakes }) < count, patience > 0 {
        usleep(patience > 4900 ? 0 : 1000)
        patience -= 1
      }
      if patience == 0 {
        Issue.record("wake \(count) was lost")
        break
      }
    }
    loop.stop()
    loop.join()
  }

  @Test("a deadline is not early, and not forgotten")
  func deadlines() throws {
    let loop = try EventLoop(index: 2)
    let seen = Locked(Recorder.Seen())
    let due = clinux_clock_ns(CLOCK_MONOTONIC) + 30_000_000
    try loop.start { _ in
      let recorder = Recorder(seen)
      recorder.nextDeadline = due
      return recorder
    }
    for _ in 0..<300 where seen.withLock({ $0.expiries.isEmpty }) { usleep(10_000) }
    #expect(seen.withLock { $0.expiries.count } == 1)
    #expect(seen.withLock { $0.expiries.first ?? 0 } >= due)
    loop.stop()
    loop.join()
  }
}

@Suite("Accepting")
struct AcceptorTests {
  @Test("without descriptors accepting pauses, does not spin, and goes on by itself")
  func exhausted() async {
    await #expect(processExitsWith: .success) {
      let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
      let port = listener.boundPort
      let loop = try EventLoop(index: 0)
      let accepted = Locked(0)
      let turns = Locked(0)
      try loop.start { loop in
        _ = try? Acceptor(listener, on: loop, among: [loop]) { _, _ in
          accepted.withLock { $0 += 1 }
        }
        return TurnCounter(turns)
      }
      guard ctest_set_descriptor_limit(64) == 0 else { exit(1) }
      var taken: [Int32] = []
      // Others in this process may give a descriptor back meanwhile; then once more.
      for attempt in 0... {
        while case let copy = dup(0), copy >= 0 { taken.append(copy) }
        close(taken.removeLast())
        guard ctest_connect_loopback(port, 0, 1) >= 0 else { exit(2) }
        turns.withLock { $0 = 0 }
        usleep(300_000)
        let count = accepted.withLock { count in
          defer { count = 0 }
          return count
        }
        if count == 0 { break }
        guard attempt < 5 else { exit(3) }
      }
      guard turns.withLock({ $0 }) < 50 else { exit(4) }
      close(taken.removeLast())
      for _ in 0..<500 where accepted.withLock({ $0 }) == 0 { usleep(10_000) }
      // A sanitizer looks around in /proc at the end.
      for copy in taken { close(copy) }
      exit(accepted.withLock { $0 } == 1 ? 0 : 5)
    }
  }

  @Test("each connection goes to the loop that has the fewest")
  func balance() throws {
    let loops = try (0..<3).map { try EventLoop(index: $0) }
    let seen = Locked(Recorder.Seen())
    let places = Locked<[String: Int]>([:])
    let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
    let port = listener.boundPort
    for loop in loops {
      let isFirst = loop === loops[0]
      try loop.start { loop in
        if isFirst {
          _ = try? Acceptor(listener, on: loop, among: loops) { loop, _ in
            places.withLock { $0[loop.name, default: 0] += 1 }
          }
        }
        return Recorder(seen)
      }
    }
    var clients: [Int32] = []
    for _ in 0..<30 { clients.append(ctest_connect_loopback(port, 0, 1)) }
    for _ in 0..<300 where places.withLock({ $0.values.reduce(0, +) }) < 30 { usleep(10_000) }
    #expect(places.withLock { $0 } == ["loop-0": 10, "loop-1": 10, "loop-2": 10])
    for client in clients { close(client) }
    for loop in loops {
      loop.stop()
      loop.join()
    }
  }
}
