// SPDX-License-Identifier: Apache-2.0

import Publishing
import Testing
import Time

@Suite("The life of a publication")
struct PublisherLifecycleTests {
  private enum Step {
    case attach(waits: Bool)
    case formerClosed, end, drain
  }

  private typealias State = PublisherLifecycle.State
  /// Whether the step tells the transport to begin, or the source that the media has ended.
  private typealias Row = (step: Step, acts: Bool, state: State)

  private static func run(_ rows: [Row]) {
    var life = PublisherLifecycle(at: .origin)
    for (index, row) in rows.enumerated() {
      var acts = false
      switch row.step {
      case .attach(let waits): acts = life.attach(waits: waits)
      case .formerClosed: acts = life.formerClosed()
      case .end: acts = life.end()
      case .drain: life.drain()
      }
      #expect(acts == row.acts && life.state == row.state, "step \(index): \(life.state)")
      #expect(life.isAttached == [.waiting, .publishing].contains(row.state))
    }
  }

  @Test("a client enters, publishes, drains, and is closed; a closed one does nothing more")
  func whole() {
    Self.run([
      (.formerClosed, false, .entering), (.drain, false, .entering),
      (.attach(waits: false), true, .publishing), (.attach(waits: true), false, .publishing),
      (.formerClosed, false, .publishing), (.drain, false, .publishing),
      (.end, true, .draining), (.end, false, .draining), (.attach(waits: false), false, .draining),
      (.drain, false, .closed), (.end, false, .closed), (.attach(waits: true), false, .closed),
    ])
  }

  @Test("a client waits for the end of the former publisher, or ends before")
  func waiting() {
    Self.run([
      (.attach(waits: true), false, .waiting), (.formerClosed, true, .publishing),
      (.formerClosed, false, .publishing), (.end, true, .draining),
    ])
    Self.run([
      (.attach(waits: true), false, .waiting), (.end, true, .draining),
      (.formerClosed, false, .draining), (.drain, false, .closed), (.formerClosed, false, .closed),
    ])
  }

  @Test("an answer of the hook after the end has no effect")
  func lateAnswer() {
    Self.run([(.end, false, .closed), (.attach(waits: false), false, .closed)])
  }

  @Test("ten seconds without media are too long, from the start or the last media on")
  func idle() {
    var life = PublisherLifecycle(at: .origin)
    let limit = Interval.seconds(10)
    #expect(!life.isIdle(at: .origin + limit - .milliseconds(1)))
    #expect(life.isIdle(at: .origin + limit))
    life.hear(at: .origin + limit)
    #expect(!life.isIdle(at: .origin + limit) && life.isIdle(at: .origin + limit + limit))
  }

  @Test("a client that has begun and sends nothing lacks media after 5 s, once")
  func missingMedia() {
    let limit = PublisherLifecycle.mediaLimit
    var silent = PublisherLifecycle(at: .origin)
    let isSilentAttached = silent.attach(waits: false)
    #expect(isSilentAttached)
    silent.begin(at: .origin + limit)
    let (early, due, again) = (
      silent.lacksMedia(at: .origin + limit + limit - .milliseconds(1)),
      silent.lacksMedia(at: .origin + limit + limit),
      silent.lacksMedia(at: .origin + limit + limit + limit)
    )
    #expect(!early && due && !again)
    var sending = PublisherLifecycle(at: .origin)
    let isSendingAttached = sending.attach(waits: false)
    #expect(isSendingAttached)
    sending.begin(at: .origin)
    sending.hear(at: .origin + .seconds(1))
    let lacks = sending.lacksMedia(at: .origin + limit + limit)
    #expect(!lacks)
  }
}
