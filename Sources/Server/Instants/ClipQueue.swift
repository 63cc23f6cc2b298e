// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import Statistics
import Time

/// The clips from the window of one stream on one loop: a few are made at a time, the others wait.
///
/// The tables of a clip need more memory than its response, and only responses can be cut: a
/// thousand requests at once may not make a thousand clips at once. While there is more past media
/// than its budget, no clip begins.
///
/// Confined to the loop's thread.
final class ClipQueue {
  typealias Request = HeldRequest<InstantHandler.Purpose>

  /// The number of clips that are made at a time.
  private static let width = 4
  /// The number of requests that wait, and how long one waits.
  private static let capacity = 256
  private static let limit = Interval.seconds(5)
  /// The time between two looks at the budget while requests wait.
  private static let interval = Interval.milliseconds(50)
  private static let late = PreparedResponse.unavailable("too many clips are requested")

  private let waiting: HoldQueue<InstantHandler.Purpose>
  private var running = 0
  /// The places of the newest request that waits, and of the newest one that has begun.
  private var (newest, begun) = (Int64(0), Int64(0))
  /// Begins a clip, whose end ``ended(_:)`` reports.
  var make: (Request) -> Void = { _ in }

  init(_ counters: Locked<ServerCounters>) { waiting = HoldQueue(.instant, counters) }

  /// The number of requests that wait.
  var count: Int { waiting.count }

  /// The time of the next look at the requests that wait.
  func nextDeadline(_ now: MonotonicTime) -> MonotonicTime {
    count > 0 ? min(waiting.nextDeadline, now + Self.interval) : .distantFuture
  }

  /// Begins the clip of a request, or holds it until there is room.
  func add(_ request: Request, _ now: MonotonicTime) {
    if count == 0, hasRoom { return begin(request) }
    guard count < Self.capacity else { return request.refuse(Self.late, now) }
    newest += 1  // bounded: requests
    waiting.hold(request, until: newest, deadline: now + Self.limit)
  }

  /// The clip of a request was answered, or its client has gone.
  func ended(_ now: MonotonicTime) {
    running -= 1  // bounded: each clip ends once
    advance(now)
  }

  /// Begins clips for which there is room, and answers 503 to requests whose deadline has passed.
  func advance(_ now: MonotonicTime) {
    while count > 0, hasRoom {
      begun += 1  // bounded: at most `newest`
      waiting.published(begun, hasEnded: false, now: now) { begin($0) }
    }
    for request in waiting.expired(now) {
      waiting.timedOut()
      request.refuse(Self.late, now)
    }
  }

  /// Releases the requests that wait, oldest first, so that they can be routed again.
  func takeAll() -> [(any Exchange, MonotonicTime)] { waiting.takeAll() }

  private var hasRoom: Bool { running < Self.width && !PastMedia.isAboveLimit }

  private func begin(_ request: Request) {
    running += 1  // bounded: at most `width`
    make(request)
  }
}
