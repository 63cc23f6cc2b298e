// SPDX-License-Identifier: Apache-2.0

import Push
import Testing
import Time

@Suite("The life of a push")
struct PushLifecycleTests {
  private let start = MonotonicTime.origin

  /// A push whose stream has media.
  private func offered() -> PushLifecycle {
    var life = PushLifecycle(isStopped: false, start)
    life.offer(obstacle: nil, start)
    return life
  }

  @Test("waits for media, connects, and pushes when the receiver takes some")
  func begins() {
    var life = PushLifecycle(isStopped: false, start)
    #expect(life.next(start) == .wait(until: .distantFuture))
    #expect(life.state == .waiting)
    life.offer(obstacle: PushLifecycle.noMedia, start)
    #expect(life.reason == PushLifecycle.noMedia)
    life.offer(obstacle: nil, start)
    #expect(life.reason == nil)
    #expect(life.next(start) == .connect)
    #expect(life.state == .connecting)
    life.delivered(start + .seconds(1))
    #expect(life.state == .pushing)
    #expect(life.since == start + .seconds(1))
    #expect(life.reconnects == 0)
  }

  @Test("a lost receiver is tried after 0.5 s, and after at most 30 s")
  func backsOff() {
    var life = offered()
    var now = start
    var waits: [Int64] = []
    while waits.count < 60 {
      #expect(life.next(now) == .connect)
      life.failed("gone", isRefusal: false, now)
      let retry = life.retryTime ?? now
      #expect(life.next(now) == .wait(until: retry))
      #expect(life.state == .retrying)
      waits.append((retry - now).milliseconds)
      now = retry
    }
    #expect(waits[0] == 500)
    #expect(waits.last == 30_000)
    #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 <= $1 })
  }

  @Test("a receiver that is back after 5 s is found within half a second")
  func findsReceiver() {
    var life = offered()
    var now = start
    while now - start < .seconds(5) {
      _ = life.next(now)
      life.failed("gone", isRefusal: false, now)
      now = life.retryTime ?? now
    }
    #expect(now - start <= .milliseconds(5500))
  }

  @Test("a receiver that refuses is asked half as often each time")
  func refused() {
    var life = offered()
    var now = start
    var waits: [Int64] = []
    for _ in 0..<8 {
      _ = life.next(now)
      life.failed("status 401", isRefusal: true, now)
      waits.append(((life.retryTime ?? now) - now).milliseconds)
      now = life.retryTime ?? now
    }
    #expect(waits == [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    #expect(life.reason == "status 401")
  }

  @Test("the outage begins anew after a receiver has taken media for 5 s")
  func steady() {
    var life = offered()
    _ = life.next(start)
    life.failed("gone", isRefusal: false, start)
    var now = start + .seconds(200)
    _ = life.next(now)
    life.delivered(now)
    #expect(life.reason == nil)
    // It goes at once: the outage continues.
    life.failed("gone", isRefusal: false, now + .seconds(1))
    #expect(life.retryTime == now + .seconds(1) + .milliseconds(20_100))
    now = now + .seconds(100)
    _ = life.next(now)
    life.delivered(now)
    life.failed("gone", isRefusal: false, now + .seconds(5))
    #expect(life.retryTime == now + .seconds(5) + .milliseconds(500))
    #expect(life.reconnects == 1)
  }

  @Test("a stop ends it until a start, which connects at once")
  func stops() {
    var life = offered()
    _ = life.next(start)
    life.failed("status 403", isRefusal: true, start)
    life.want(false, start)
    #expect(life.state == .stopped)
    #expect(life.reason == nil)
    #expect(!life.mayContinue)
    #expect(life.next(start + .seconds(60)) == .wait(until: .distantFuture))
    life.want(true, start + .seconds(60))
    #expect(life.next(start + .seconds(60)) == .connect)
  }

  @Test("a start tries a receiver at once that is waited for")
  func startsAtOnce() {
    var life = offered()
    _ = life.next(start)
    life.failed("gone", isRefusal: true, start)
    life.want(true, start)
    #expect(life.next(start) == .connect)
  }

  @Test("a stream without the rendition is waited for, with the reason")
  func obstacle() {
    var life = offered()
    _ = life.next(start)
    life.delivered(start)
    life.offer(obstacle: "the stream has no rendition 720p", start)
    #expect(life.state == .waiting)
    #expect(life.reason == "the stream has no rendition 720p")
    life.failed("late", isRefusal: false, start)
    #expect(life.state == .waiting)
  }

  @Test("the end is the last action")
  func closes() {
    var life = offered()
    life.close()
    #expect(life.next(start) == .quit)
    #expect(!life.mayContinue)
  }
}
