// SPDX-License-Identifier: Apache-2.0

import Access
import Net
import Testing
import Time

@Suite("The gate of viewer passwords")
struct PasswordGateTests {
  private static func peer(_ index: UInt64) -> PeerAddress {
    PeerAddress(high: 0, low: 0x0a00_0000 + index, port: 1, isVersion6: false)
  }

  /// Admits and computes one attempt at once; the refusal, nil if it was computed.
  private static func attempt(
    _ gate: inout PasswordGate, _ stream: String = "gate", by peer: PeerAddress, isRight: Bool,
    at now: MonotonicTime
  ) -> AccessRefusal? {
    do throws(AccessRefusal) { _ = try gate.admit(for: stream, by: peer, at: now) } catch {
      return error
    }
    if let next = gate.next(at: now) { gate.finish(next, isRight: isRight, at: now) }
    return nil
  }

  @Test("two are computed, sixteen wait, one of an address; others are refused before that")
  func limits() throws {
    var gate = PasswordGate()
    let now = MonotonicTime.origin
    var admitted: [PasswordGate.Attempt] = []
    for index in 0..<2 as Range<UInt64> {
      admitted.append(try gate.admit(for: "gate", by: Self.peer(index), at: now))
      #expect(gate.next(at: now) == admitted.last)
    }
    for index in 2..<18 as Range<UInt64> {
      admitted.append(try gate.admit(for: "gate", by: Self.peer(index), at: now))
      #expect(gate.next(at: now) == nil)
    }
    #expect(gate.nextTime(at: now) == .distantFuture)
    #expect(throws: AccessRefusal.busy(wait: .seconds(5))) {
      try gate.admit(for: "gate", by: Self.peer(18), at: now)
    }
    // An address that has one in progress, for any stream, as one that waits.
    for index in [0, 17] as [UInt64] {
      #expect(throws: AccessRefusal.busy(wait: .seconds(1))) {
        try gate.admit(for: "yard", by: Self.peer(index), at: now)
      }
    }
    gate.finish(admitted[0], isRight: true, at: now)
    #expect(gate.next(at: now) == admitted[2])
    _ = try gate.admit(for: "yard", by: Self.peer(0), at: now)
  }

  @Test("after five wrong passwords for a stream an address waits for a minute")
  func waits() throws {
    var gate = PasswordGate()
    var now = MonotonicTime.origin
    let (one, other) = (Self.peer(1), Self.peer(2))
    func ask(_ stream: String, _ peer: PeerAddress, _ isRight: Bool) -> AccessRefusal? {
      Self.attempt(&gate, stream, by: peer, isRight: isRight, at: now)
    }
    for _ in 0..<5 { #expect(ask("gate", one, false) == nil) }
    #expect(ask("gate", one, true) == .tooManyFailures(wait: .seconds(60)))
    now += .seconds(20)
    #expect(ask("gate", one, true) == .tooManyFailures(wait: .seconds(40)))
    // Neither other streams nor other addresses wait.
    #expect(ask("yard", one, true) == nil && ask("gate", other, true) == nil)
    now += .seconds(40)
    #expect(ask("gate", one, true) == nil)
  }

  @Test("the addresses of one IPv6 network of 64 bits are one")
  func networks() {
    var gate = PasswordGate()
    func peer(_ low: UInt64) -> PeerAddress {
      PeerAddress(high: 0x2001_0db8_0001_0002, low: low, port: 1, isVersion6: true)
    }
    for low in 1...5 as ClosedRange<UInt64> {
      #expect(Self.attempt(&gate, by: peer(low), isRight: false, at: .origin) == nil)
    }
    #expect(
      Self.attempt(&gate, by: peer(99), isRight: true, at: .origin)
        == .tooManyFailures(wait: .seconds(60)))
  }

  @Test("a hundred wrong passwords for a stream in an hour slow its attempts")
  func pace() throws {
    var gate = PasswordGate()
    var now = MonotonicTime.origin
    for index in 0..<100 as Range<UInt64> {
      #expect(!gate.isSlowed("gate", at: now))
      #expect(Self.attempt(&gate, by: Self.peer(index), isRight: false, at: now) == nil)
      now += .seconds(10)
    }
    #expect(gate.isSlowed("gate", at: now) && !gate.isSlowed("yard", at: now))
    let first = try gate.admit(for: "gate", by: Self.peer(200), at: now)
    let second = try gate.admit(for: "gate", by: Self.peer(201), at: now)
    let other = try gate.admit(for: "yard", by: Self.peer(202), at: now)
    #expect(gate.next(at: now) == first)
    gate.finish(first, isRight: true, at: now)
    // One of another stream goes ahead.
    #expect(gate.next(at: now) == other)
    gate.finish(other, isRight: true, at: now)
    #expect(gate.next(at: now) == nil && gate.nextTime(at: now) == now + PasswordGate.pace)
    now += PasswordGate.pace
    #expect(gate.next(at: now) == second)
    gate.finish(second, isRight: true, at: now)
    // An hour after the first of the hundred wrong ones.
    now = .origin + PasswordGate.span
    #expect(!gate.isSlowed("gate", at: now))
  }

  @Test("attempts for slowed streams leave places to other streams")
  func places() throws {
    var gate = PasswordGate()
    var now = MonotonicTime.origin
    for index in 0..<100 as Range<UInt64> {
      #expect(Self.attempt(&gate, by: Self.peer(index), isRight: false, at: now) == nil)
      now += .seconds(10)
    }
    for index in 200..<208 as Range<UInt64> {
      _ = try gate.admit(for: "gate", by: Self.peer(index), at: now)
    }
    #expect(throws: AccessRefusal.busy(wait: .seconds(5))) {
      try gate.admit(for: "gate", by: Self.peer(208), at: now)
    }
    let other = try gate.admit(for: "yard", by: Self.peer(209), at: now)
    // One of the slowed stream may begin at once.
    _ = gate.next(at: now)
    #expect(gate.next(at: now) == other)
  }

  @Test("an attempt that could not be computed is no failure")
  func withoutMemory() throws {
    var gate = PasswordGate()
    for _ in 0..<9 {
      _ = try gate.admit(for: "gate", by: Self.peer(1), at: .origin)
      let next = gate.next(at: .origin)
      let attempt = try #require(next)
      gate.finish(attempt, isRight: nil, at: .origin)
    }
    #expect(Self.attempt(&gate, by: Self.peer(1), isRight: true, at: .origin) == nil)
  }
}
