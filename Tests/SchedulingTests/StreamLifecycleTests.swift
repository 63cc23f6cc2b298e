// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing

@Suite("The sessions of a stream over time")
struct StreamLifecycleTests {
  static let second: Int64 = 1_000_000_000

  private func life(onDemand: Bool = false, retried: Bool = false) -> StreamLifecycle {
    StreamLifecycle(isOnDemand: onDemand, isRetried: retried)
  }

  private func running(onDemand: Bool, at now: Int64 = 0) -> StreamLifecycle {
    var life = life(onDemand: onDemand)
    life.want(.running)
    _ = life.next(now, lastUse: now)
    life.opened()
    return life
  }

  @Test("a requested stream begins once, and then waits without a deadline")
  func begins() {
    var life = life()
    #expect(life.next(0, lastUse: 0) == .wait(until: .max))
    life.want(.running)
    #expect(life.next(0, lastUse: 0) == .begin)
    life.want(.running)
    #expect(life.next(0, lastUse: 0) == .wait(until: .max))
    life.opened()
    #expect(life.next(3600 * Self.second, lastUse: 0) == .wait(until: .max))
    #expect(life.state == .live)
  }

  @Test("on demand it stops 15 s after the last request, and begins with the next")
  func idle() {
    var life = running(onDemand: true)
    #expect(life.next(14 * Self.second, lastUse: 0) == .wait(until: 15 * Self.second))
    // A request in time.
    #expect(
      life.next(15 * Self.second, lastUse: 14 * Self.second) == .wait(until: 29 * Self.second))
    #expect(life.next(29 * Self.second, lastUse: 14 * Self.second) == .stop)
    #expect(life.next(29 * Self.second, lastUse: 14 * Self.second) == .wait(until: .max))
    life.want(.running)
    #expect(life.next(60 * Self.second, lastUse: 60 * Self.second) == .begin)
  }

  @Test("a start on demand that nobody waits for any longer is given up")
  func unusedStart() {
    var life = life(onDemand: true)
    life.want(.running)
    #expect(life.next(0, lastUse: 0) == .begin)
    #expect(life.next(1, lastUse: 0) == .wait(until: 15 * Self.second))
    #expect(life.next(15 * Self.second, lastUse: 0) == .stop)
  }

  @Test("a live stream is renewed at once; one that is not live is not")
  func renewal() {
    var life = running(onDemand: false)
    life.renew()
    #expect(life.next(0, lastUse: 0) == .begin)
    life.renew()
    #expect(life.state == .starting)
    life.want(.over(isEnding: true))
    life.opened()
    life.renew()
    #expect(life.next(0, lastUse: 0) == .quit(isEnding: true))
  }

  @Test("after a failure and a pause a stream is retried, or waits for a request")
  func failures() {
    var kept = life()
    kept.want(.running)
    _ = kept.next(0, lastUse: 0)
    kept.failed(0)
    #expect(kept.next(3600 * Self.second, lastUse: 0) == .wait(until: .max))

    var retried = life(retried: true)
    retried.want(.running)
    _ = retried.next(0, lastUse: 0)
    retried.failed(Self.second)
    #expect(retried.next(Self.second, lastUse: 0) == .wait(until: 11 * Self.second))
    #expect(retried.next(11 * Self.second, lastUse: 0) == .stop)
    #expect(retried.next(11 * Self.second, lastUse: 0) == .begin)

    var asked = life(onDemand: true)
    asked.want(.running)
    _ = asked.next(0, lastUse: 0)
    asked.failed(Self.second)
    #expect(asked.next(2 * Self.second, lastUse: 2 * Self.second) == .wait(until: 6 * Self.second))
    #expect(asked.next(6 * Self.second, lastUse: 2 * Self.second) == .stop)
    #expect(asked.next(6 * Self.second, lastUse: 2 * Self.second) == .wait(until: .max))
  }

  @Test(
    "a file that has ended stays ended; on demand it starts again after the idle timeout",
    arguments: [false, true])
  func ended(onDemand: Bool) {
    var life = running(onDemand: onDemand)
    life.sourceEnded()
    #expect(life.state == .ended)
    if onDemand {
      #expect(life.next(15 * Self.second, lastUse: 0) == .stop)
      life.want(.running)
      #expect(life.next(16 * Self.second, lastUse: 16 * Self.second) == .begin)
    } else {
      #expect(life.next(3600 * Self.second, lastUse: 0) == .wait(until: .max))
    }
  }

  @Test("a removed stream cannot be requested again", arguments: [false, true])
  func over(isEnding: Bool) {
    var life = running(onDemand: false)
    life.want(.over(isEnding: isEnding))
    life.want(.running)
    life.want(.over(isEnding: !isEnding))
    #expect(life.next(0, lastUse: 0) == .quit(isEnding: isEnding))
  }
}
