// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("The sessions of a stream over time")
struct StreamLifecycleTests {
  private func life(onDemand: Bool = false, retried: Bool = false) -> StreamLifecycle {
    StreamLifecycle(isOnDemand: onDemand, isRetried: retried)
  }

  private func running(onDemand: Bool, at now: MonotonicTime = .origin) -> StreamLifecycle {
    var life = life(onDemand: onDemand)
    life.want(.running)
    _ = life.next(now, lastUse: now)
    life.opened()
    return life
  }

  @Test("a requested stream begins once, and then waits without a deadline")
  func begins() {
    var life = life()
    #expect(life.next(.at(0), lastUse: .at(0)) == .wait(until: .distantFuture))
    life.want(.running)
    #expect(life.next(.at(0), lastUse: .at(0)) == .begin)
    life.want(.running)
    #expect(life.next(.at(0), lastUse: .at(0)) == .wait(until: .distantFuture))
    life.opened()
    #expect(life.next(.at(3600), lastUse: .at(0)) == .wait(until: .distantFuture))
    #expect(life.state == .live)
  }

  @Test("on demand it stops 15 s after the last request, and begins with the next")
  func idle() {
    var life = running(onDemand: true)
    #expect(life.next(.at(14), lastUse: .at(0)) == .wait(until: .at(15)))
    // A request in time.
    #expect(
      life.next(.at(15), lastUse: .at(14)) == .wait(until: .at(29)))
    #expect(life.next(.at(29), lastUse: .at(14)) == .stop)
    #expect(life.next(.at(29), lastUse: .at(14)) == .wait(until: .distantFuture))
    life.want(.running)
    #expect(life.next(.at(60), lastUse: .at(60)) == .begin)
  }

  @Test("a start on demand that nobody waits for any longer is given up")
  func unusedStart() {
    var life = life(onDemand: true)
    life.want(.running)
    #expect(life.next(.at(0), lastUse: .at(0)) == .begin)
    #expect(life.next(.origin + .nanoseconds(1), lastUse: .at(0)) == .wait(until: .at(15)))
    #expect(life.next(.at(15), lastUse: .at(0)) == .stop)
  }

  @Test("a live stream is renewed at once; one that is not live is not")
  func renewal() {
    var life = running(onDemand: false)
    life.renew()
    #expect(life.next(.at(0), lastUse: .at(0)) == .begin)
    life.renew()
    #expect(life.state == .starting)
    life.want(.over(isEnding: true))
    life.opened()
    life.renew()
    #expect(life.next(.at(0), lastUse: .at(0)) == .quit(isEnding: true))
  }

  @Test("after a failure and a pause a stream is retried, or waits for a request")
  func failures() {
    var kept = life()
    kept.want(.running)
    _ = kept.next(.at(0), lastUse: .at(0))
    kept.failed(.at(0))
    #expect(kept.next(.at(3600), lastUse: .at(0)) == .wait(until: .distantFuture))

    var retried = life(retried: true)
    retried.want(.running)
    _ = retried.next(.at(0), lastUse: .at(0))
    retried.failed(.at(1))
    #expect(retried.next(.at(1), lastUse: .at(0)) == .wait(until: .at(11)))
    #expect(retried.next(.at(11), lastUse: .at(0)) == .stop)
    #expect(retried.next(.at(11), lastUse: .at(0)) == .begin)

    var asked = life(onDemand: true)
    asked.want(.running)
    _ = asked.next(.at(0), lastUse: .at(0))
    asked.failed(.at(1))
    #expect(asked.next(.at(2), lastUse: .at(2)) == .wait(until: .at(6)))
    #expect(asked.next(.at(6), lastUse: .at(2)) == .stop)
    #expect(asked.next(.at(6), lastUse: .at(2)) == .wait(until: .distantFuture))
  }

  @Test(
    "a file that has ended stays ended; on demand it starts again after the idle timeout",
    arguments: [false, true])
  func ended(onDemand: Bool) {
    var life = running(onDemand: onDemand)
    life.sourceEnded()
    #expect(life.state == .ended)
    if onDemand {
      #expect(life.next(.at(15), lastUse: .at(0)) == .stop)
      life.want(.running)
      #expect(life.next(.at(16), lastUse: .at(16)) == .begin)
    } else {
      #expect(life.next(.at(3600), lastUse: .at(0)) == .wait(until: .distantFuture))
    }
  }

  @Test("a removed stream cannot be requested again", arguments: [false, true])
  func over(isEnding: Bool) {
    var life = running(onDemand: false)
    life.want(.over(isEnding: isEnding))
    life.want(.running)
    life.want(.over(isEnding: !isEnding))
    #expect(life.next(.at(0), lastUse: .at(0)) == .quit(isEnding: isEnding))
  }
}
