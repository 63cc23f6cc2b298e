// SPDX-License-Identifier: Apache-2.0

import Server
import TestSupport
import Testing
import Time

@Suite("Held requests: no waiter is lost or freed twice")
struct RequestsByVersionPropertyTests {
  /// A held request in the model.
  private struct Asked {
    let version: Int64
    let deadline: MonotonicTime
    let ticket: UInt64
  }

  @Test("random lives: held, published, expired, cancelled, ended", arguments: UInt64(0)..<60)
  func lives(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var held = RequestsByVersion<Int>()
    var waiting: [Int: Asked] = [:]
    var (version, now, next) = (Int64(1000), MonotonicTime.origin, 0)
    var finished: Set<Int> = []

    func leave(_ freed: [Int], _ expected: [Int], isOrdered: Bool) {
      #expect((isOrdered ? freed : freed.sorted()) == expected.sorted())
      for waiter in freed {
        #expect(finished.insert(waiter).inserted, "freed twice")
        waiting[waiter] = nil
      }
    }

    for _ in 0..<400 {
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<10:
        let until = version + Int64.random(in: 1...20, using: &random)
        let deadline = now + .nanoseconds(Int64.random(in: 1...50, using: &random))
        let ticket = held.hold(next, until: until, deadline: deadline)
        #expect(waiting.values.allSatisfy { $0.ticket < ticket })
        waiting[next] = Asked(version: until, deadline: deadline, ticket: ticket)
        next += 1
      case 10..<13:
        version += Int64.random(in: 0...5, using: &random)
        let expected = waiting.filter { $0.value.version <= version }.map(\.key)
        leave(held.published(version), expected, isOrdered: true)
      case 13..<16:
        now += .nanoseconds(Int64.random(in: 0...20, using: &random))
        let expected = waiting.filter { $0.value.deadline <= now }.map(\.key)
        leave(held.expired(now), expected, isOrdered: false)
      case 16..<19:
        guard let (waiter, asked) = waiting.randomElement(using: &random) else { continue }
        held.cancelled(asked.ticket, until: asked.version)
        waiting[waiter] = nil
        finished.insert(waiter)
      default:
        guard Int.random(in: 0..<5, using: &random) == 0 else { continue }
        leave(held.ended(), waiting.map(\.key), isOrdered: true)
      }
      #expect(held.count == waiting.count)
      let earliest = waiting.values.map(\.deadline).min() ?? .distantFuture
      #expect(held.nextDeadline <= earliest, "a timer set for it is never too late")
      if waiting.isEmpty { #expect(held.nextDeadline == .distantFuture) }
    }
    leave(held.ended(), waiting.map(\.key), isOrdered: true)
    #expect(finished.count == next)
  }

  @Test("all orders of holding, publishing, expiring and leaving for three waiters")
  func small() {
    // Each waiter waits for version 1…3 with deadline 1…3; time and version advance alternately.
    for code in 0..<729 {
      var digits = code
      var waiters: [(version: Int64, deadline: Int64)] = []
      for _ in 0..<3 {
        waiters.append((Int64(digits % 3) + 1, Int64(digits / 3 % 3) + 1))
        digits /= 9
      }
      for leaver in 0...3 {
        var held = RequestsByVersion<Int>()
        var freed: [Int] = []
        let tickets = waiters.enumerated().map {
          held.hold(
            $0.offset, until: $0.element.version,
            deadline: MonotonicTime(nanoseconds: $0.element.deadline))
        }
        if leaver < 3 { held.cancelled(tickets[leaver], until: waiters[leaver].version) }
        for step in Int64(1)...3 {
          freed += held.published(step)
          freed += held.expired(MonotonicTime(nanoseconds: step))
        }
        #expect(freed.sorted() == [0, 1, 2].filter { $0 != leaver }, "code \(code)")
        #expect(held.count == 0)
      }
    }
  }
}
