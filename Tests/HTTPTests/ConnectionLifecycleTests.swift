// SPDX-License-Identifier: Apache-2.0

import Testing
import Time

@testable import HTTP

private typealias Load = ConnectionLifecycle.Load

/// One event of a timeline, and the action and state that follow it.
private struct Step: Sendable {
  enum Event: Sendable { case idle, drain, finish, inputEnded, cut, close, check, stop, resume }

  let seconds: Int64
  let event: Event
  let load: Load
  let action: ConnectionLifecycle.Action
  let state: ConnectionLifecycle.State

  init(
    _ seconds: Int64, _ event: Event, _ load: Load, _ action: ConnectionLifecycle.Action,
    _ state: ConnectionLifecycle.State
  ) {
    (self.seconds, self.event, self.load) = (seconds, event, load)
    (self.action, self.state) = (action, state)
  }

  init(_ seconds: Int64, _ event: Event, _ state: ConnectionLifecycle.State) {
    self.init(seconds, event, Load(), .none, state)
  }

  func perform(on lifecycle: inout ConnectionLifecycle) -> ConnectionLifecycle.Action {
    let now = Timeline.time(seconds)
    switch event {
    case .idle: lifecycle.becameIdle(now: now)
    case .drain: return lifecycle.drain(load, now: now)
    case .finish: return lifecycle.finish(now: now)
    case .inputEnded: return lifecycle.inputEnded(load)
    case .cut: return lifecycle.cut(.slow)
    case .close: return lifecycle.close()
    case .check: return lifecycle.check(load, HTTPLimits(), now: now)
    case .stop: lifecycle.stopRequests()
    case .resume: lifecycle.resumeRequests()
    }
    return .none
  }
}

/// The life of one connection with the default limits: head and stall 10 s, idle 60 s, linger 2 s.
private struct Timeline: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let isHTTP2: Bool
  let steps: [Step]

  init(_ description: String, http2: Bool = false, _ steps: [Step]) {
    (testDescription, isHTTP2, self.steps) = (description, http2, steps)
  }

  static func time(_ seconds: Int64) -> MonotonicTime { .origin + .seconds(1000 + seconds) }
}

private let busy = Load(isIdle: false)
private let queued = Load(queuedBytes: 1, lastProgress: Timeline.time(0))
private let busyQueued = Load(queuedBytes: 1, lastProgress: Timeline.time(0), isIdle: false)
private let insideHead = Load(headSince: Timeline.time(0))

private let timelines: [Timeline] = [
  Timeline(
    "HTTP/1.1: an idle connection is closed after the idle time",
    [
      Step(59, .check, Load(), .checkExchanges, .open), Step(59, .idle, .open),
      Step(118, .check, Load(), .checkExchanges, .open), Step(119, .check, Load(), .close, .closed),
    ]),
  Timeline(
    "HTTP/2: an idle connection is told, and closed when it is told", http2: true,
    [
      Step(60, .check, Load(), .stopRequests, .draining),
      Step(60, .finish, Load(), .finishWriting, .lingering),
      Step(61, .check, Load(), .none, .lingering), Step(62, .check, Load(), .close, .closed),
    ]),
  Timeline(
    "a held request has no deadline",
    [Step(100_000, .check, busy, .checkExchanges, .open)]),
  Timeline(
    "an incomplete head is refused after the head time",
    [
      Step(9, .check, insideHead, .checkExchanges, .open),
      Step(10, .check, insideHead, .refuseHead, .open),
    ]),
  Timeline(
    "a client that takes no bytes is cut after the stall time",
    [
      Step(9, .check, busyQueued, .none, .open),
      Step(10, .check, busyQueued, .cut(.stalled), .closed),
    ]),
  Timeline(
    "HTTP/1.1, drain: an idle connection is closed at once",
    [Step(0, .idle, .open), Step(0, .drain, Load(), .close, .closed)]),
  Timeline(
    "HTTP/1.1, drain: the first request of a connection is taken until the next check",
    [
      Step(0, .drain, Load(), .none, .announced),
      Step(0, .check, Load(), .checkExchanges, .announced),
      Step(1, .check, Load(), .close, .closed),
    ]),
  Timeline(
    "HTTP/1.1, drain: a head that has begun may be completed",
    [
      Step(0, .idle, .open), Step(0, .drain, insideHead, .none, .announced),
      Step(9, .check, insideHead, .checkExchanges, .announced),
      Step(10, .check, insideHead, .refuseHead, .announced),
    ]),
  Timeline(
    "HTTP/1.1, drain: queued bytes are sent first",
    [
      Step(0, .drain, queued, .stopRequests, .draining),
      Step(1, .finish, Load(), .finishWriting, .lingering),
      Step(1, .drain, Load(), .none, .lingering),
      Step(3, .check, Load(), .close, .closed),
    ]),
  Timeline(
    "HTTP/1.1, drain: open requests are answered first",
    [
      Step(0, .drain, busy, .stopRequests, .draining),
      Step(5, .check, busy, .checkExchanges, .draining),
    ]),
  Timeline(
    "HTTP/2, drain: an idle connection is told once", http2: true,
    [
      Step(0, .drain, Load(), .stopRequests, .draining), Step(0, .drain, Load(), .none, .draining),
    ]),
  Timeline(
    "HTTP/2, drain: requests on their way are taken until the next check", http2: true,
    [
      Step(0, .drain, busy, .announceEnd, .announced),
      Step(0, .check, busy, .checkExchanges, .announced),
      Step(1, .check, busy, .stopRequests, .draining),
      Step(2, .check, busy, .checkExchanges, .draining),
    ]),
  Timeline(
    "HTTP/1.1: the client's end closes an idle connection",
    [Step(0, .inputEnded, Load(), .close, .closed)]),
  Timeline(
    "HTTP/1.1: the client's end drops an open request",
    [Step(0, .inputEnded, busyQueued, .close, .closed)]),
  Timeline(
    "HTTP/1.1: a complete answer is sent after the client's end",
    [Step(0, .inputEnded, queued, .none, .draining), Step(1, .finish, Load(), .close, .closed)]),
  Timeline(
    "HTTP/2: complete answers are sent after the client's end", http2: true,
    [Step(0, .inputEnded, busy, .none, .open), Step(1, .finish, Load(), .close, .closed)]),
  Timeline(
    "the client's end closes a lingering connection",
    [
      Step(0, .stop, .draining), Step(0, .finish, Load(), .finishWriting, .lingering),
      Step(1, .inputEnded, Load(), .close, .closed),
    ]),
  Timeline(
    "a body that ends before its answer begins leaves the connection open",
    [Step(0, .stop, .draining), Step(0, .resume, .open)]),
  Timeline(
    "a closed connection does nothing more",
    [
      Step(0, .cut, Load(), .cut(.slow), .closed), Step(0, .cut, Load(), .none, .closed),
      Step(0, .close, .closed), Step(0, .drain, Load(), .none, .closed),
      Step(0, .finish, Load(), .none, .closed), Step(0, .inputEnded, queued, .none, .closed),
      Step(100, .check, insideHead, .none, .closed), Step(100, .stop, .closed),
    ]),
]

@Suite("The life cycle of a connection")
struct ConnectionLifecycleTests {
  @Test("each event has its action and state", arguments: timelines)
  private func table(_ timeline: Timeline) {
    var lifecycle = ConnectionLifecycle(isHTTP2: timeline.isHTTP2, now: Timeline.time(0))
    for (index, step) in timeline.steps.enumerated() {
      #expect(step.perform(on: &lifecycle) == step.action, "step \(index)")
      #expect(lifecycle.state == step.state, "step \(index)")
    }
  }
}
