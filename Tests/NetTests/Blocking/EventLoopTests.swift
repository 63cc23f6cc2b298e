// SPDX-License-Identifier: Apache-2.0

import CLinux
import CTestSockets
import Glibc
import Net
import Sharing
import TestSupport
import Testing
import Time

private final class Recorder: LoopService {
  struct Seen: Sendable {
    var wakes = 0
    var expiries: [MonotonicTime] = []
    var stops = 0
  }

  let seen: Monitor<Seen>
  var nextDeadline = MonotonicTime.distantFuture

  init(_ seen: Monitor<Seen>) { self.seen = seen }

  func woken() { seen.update { $0.wakes += 1 } }

  func expire(_ now: MonotonicTime) {
    nextDeadline = .distantFuture
    seen.update { $0.expiries.append(now) }
  }

  func stopped() { seen.update { $0.stops += 1 } }
}

/// Counts iterations: a loop asks for the deadline once before each wait.
private final class IterationCounter: LoopService {
  let iterations: Locked<Int>

  init(_ iterations: Locked<Int>) { self.iterations = iterations }

  func woken() {}

  var nextDeadline: MonotonicTime {
    iterations.withLock { $0 += 1 }
    return .distantFuture
  }

  func expire(_ now: MonotonicTime) {}
}

@Suite("Event loops", .blocking)
struct EventLoopTests {
  private func barrier(_ loop: EventLoop) {
    let done = Monitor(false)
    loop.post { done.update { $0 = true } }
    done.wait { $0 ? () : nil }
  }

  @Test("jobs run in the order of posting, and many wakes between two iterations are one")
  func mail() throws {
    let loop = try EventLoop(index: 0)
    let seen = Monitor(Recorder.Seen())
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
    #expect((1...2).contains(seen.wait { $0.wakes }))
    loop.stop()
    loop.join()
  }

  @Test("a wake is never lost")
  func wakes() throws {
    let loop = try EventLoop(index: 1)
    let seen = Monitor(Recorder.Seen())
    try loop.start { _ in Recorder(seen) }
    for count in 1...2000 {
      loop.wake()
      let deadline = MonotonicTime.hangLimit
      guard seen.wait(until: deadline, { $0.wakes >= count ? () : nil }) != nil else {
        Issue.record("wake \(count) was lost")
        break
      }
    }
    loop.stop()
    loop.join()
  }

  @Test("a deadline expires once, and not early")
  func deadlines() throws {
    let loop = try EventLoop(index: 2)
    let seen = Monitor(Recorder.Seen())
    let due = SystemClock.monotonicTime + .milliseconds(30)
    try loop.start { _ in
      let recorder = Recorder(seen)
      recorder.nextDeadline = due
      return recorder
    }
    let first = seen.wait(until: .hangLimit) { $0.expiries.first }
    #expect(first ?? .distantPast >= due)
    barrier(loop)
    #expect(seen.wait { $0.expiries.count } == 1)
    loop.stop()
    loop.join()
  }
}

/// A readable descriptor whose handler takes three milliseconds, once.
private final class SlowHandler: DescriptorHandler {
  private unowned let loop: EventLoop
  private let descriptor: Int32
  private let handled: Monitor<Int>

  init(_ loop: EventLoop, _ handled: Monitor<Int>) throws {
    (self.loop, self.handled) = (loop, handled)
    descriptor = clinux_eventfd()
    eventfd_write(descriptor, 1)
    try loop.add(descriptor, .readable, self)
  }

  func ready(_ readiness: DescriptorReadiness) {
    SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(3))
    loop.remove(descriptor)
    close(descriptor)
    handled.update { $0 += 1 }
    loop.wake()
  }

  func loopStopped() {}
}

/// Notes how many descriptors were handled before each wake.
private final class WakeRecorder: LoopService {
  let (handled, counts): (Monitor<Int>, Locked<[Int]>)
  let nextDeadline = MonotonicTime.distantFuture

  init(_ handled: Monitor<Int>, _ counts: Locked<[Int]>) {
    (self.handled, self.counts) = (handled, counts)
  }

  func woken() { counts.withLock { $0.append(handled.update { $0 }) } }

  func expire(_ now: MonotonicTime) {}
}

@Suite("Turns of event loops", .blocking)
struct LoopTurnTests {
  @Test("wakes are served between slow descriptors, and all descriptors are handled")
  func slowDescriptors() throws {
    let loop = try EventLoop(index: 0)
    let (handled, counts) = (Monitor(0), Locked<[Int]>([]))
    try loop.start { loop in
      for _ in 0..<30 { _ = try? SlowHandler(loop, handled) }
      return WakeRecorder(handled, counts)
    }
    handled.wait { $0 == 30 ? () : nil }
    loop.stop()
    loop.join()
    // A wake after each descriptor, but for the last one.
    #expect(counts.withLock { $0 }.filter { $0 < 30 } == Array(1..<30))
  }

  @Test("a job of `next` runs in the next iteration, and one that it adds in the one after")
  func upcoming() throws {
    let clock = ManualClock()
    let loop = try EventLoop(index: 0) { clock.now }
    let (seen, order) = (Monitor(Recorder.Seen()), Locked<[Int]>([]))
    loop.embed { _ in Recorder(seen) }
    loop.next {
      order.withLock { $0.append(1) }
      loop.next { order.withLock { $0.append(2) } }
    }
    for count in 0...2 {
      #expect(order.withLock { $0.count } == count && loop.hasUpcoming == (count < 2))
      loop.iterate()
    }
    loop.end()
  }
}

@Suite("Embedded event loops", .blocking)
struct EmbeddedLoopTests {
  @Test("a deadline expires once, when the manual clock has reached it")
  func deadline() throws {
    let clock = ManualClock()
    let loop = try EventLoop(index: 0) { clock.now }
    let seen = Monitor(Recorder.Seen())
    loop.embed { loop in
      let recorder = Recorder(seen)
      recorder.nextDeadline = loop.now + .seconds(60)
      return recorder
    }
    for (seconds, count) in [(0, 0), (59, 0), (1, 1), (100, 1)] as [(Int64, Int)] {
      clock.advance(by: .seconds(seconds))
      loop.iterate()
      #expect(seen.wait { $0.expiries.count } == count)
    }
    #expect(seen.wait { $0.stops } == 0)
    loop.end()
    #expect(seen.wait { $0.stops } == 1)
  }
}

@Suite("Accepting", .blocking)
struct AcceptorTests {
  @Test("without free descriptors accepting pauses, does not spin, and resumes", .ownProcess)
  func exhausted() async {
    await #expect(processExitsWith: .success) {
      let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
      let port = listener.boundPort
      let loop = try EventLoop(index: 0)
      let accepted = Monitor(0)
      let iterations = Locked(0)
      try loop.start { loop in
        _ = try? Acceptor(listener, on: loop, among: [loop]) { _, _ in
          accepted.update { $0 += 1 }
        }
        return IterationCounter(iterations)
      }
      guard ctest_set_descriptor_limit(64) == 0 else { exit(1) }
      var taken: [Int32] = []
      // Others in this process may give a descriptor back meanwhile; then once more.
      for attempt in 0... {
        while case let copy = dup(0), copy >= 0 { taken.append(copy) }
        close(taken.removeLast())
        guard ctest_connect_loopback(port, 0, 1) >= 0 else { exit(2) }
        iterations.withLock { $0 = 0 }
        // Only real time shows that a real loop does not spin.
        usleep(300_000)
        let count = accepted.update { count in
          defer { count = 0 }
          return count
        }
        if count == 0 { break }
        guard attempt < 5 else { exit(3) }
      }
      guard iterations.withLock({ $0 }) < 50 else { exit(4) }
      close(taken.removeLast())
      let deadline = MonotonicTime.hangLimit
      let last = accepted.wait(until: deadline) { $0 > 0 ? $0 : nil }
      // A sanitizer looks around in /proc at the end.
      for copy in taken { close(copy) }
      exit(last == 1 ? 0 : 5)
    }
  }

  @Test("each connection is handed to the loop with the fewest connections")
  func balance() throws {
    let loops = try (0..<3).map { try EventLoop(index: $0) }
    let seen = Monitor(Recorder.Seen())
    let counts = Monitor<[String: Int]>([:])
    let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
    let port = listener.boundPort
    for loop in loops {
      let isFirst = loop === loops[0]
      try loop.start { loop in
        if isFirst {
          _ = try? Acceptor(listener, on: loop, among: loops) { loop, _ in
            counts.update { $0[loop.name, default: 0] += 1 }
          }
        }
        return Recorder(seen)
      }
    }
    var clients: [Int32] = []
    for _ in 0..<30 { clients.append(ctest_connect_loopback(port, 0, 1)) }
    let deadline = MonotonicTime.hangLimit
    let all = counts.wait(until: deadline) { $0.values.reduce(0, +) == 30 ? $0 : nil }
    #expect(all == ["loop-0": 10, "loop-1": 10, "loop-2": 10])
    for client in clients { close(client) }
    for loop in loops {
      loop.stop()
      loop.join()
    }
  }

  @Test("a thread that waits for the end of the last connection is told of it")
  func emptied() throws {
    let emptied = Monitor(())
    let loop = try EventLoop(index: 0, emptied: emptied)
    let accepted = Locked(0)
    let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
    let port = listener.boundPort
    let gate = Monitor(false)
    try loop.start { loop in
      _ = try? Acceptor(listener, on: loop, among: [loop]) { loop, socket in
        gate.wait { $0 ? () : nil }
        accepted.withLock { $0 += 1 }
        (try? TCPStream(socket, on: loop))?.close()
      }
      return Recorder(Monitor(Recorder.Seen()))
    }
    let clients = (0..<3).map { _ in ctest_connect_loopback(port, 0, 1) }
    let waiter = try #require(
      OSThread(name: "waiter") {
        emptied.wait { _ in
          // The first look is before the end of any connection.
          gate.update { $0 = true }
          return accepted.withLock { $0 } == 3 && loop.connectionCount == 0 ? () : nil
        }
      })
    #expect(waiter.join(until: .hangLimit))
    for client in clients { close(client) }
    loop.stop()
    loop.join()
  }
}
