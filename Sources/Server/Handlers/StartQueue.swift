// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import Statistics
import Time

/// The requests for one stream that are held while it starts, on one loop.
///
/// Confined to the loop's thread.
final class StartQueue {
  /// How long a request is held while the stream starts; hls.js waits 10 s for the first byte.
  static let hold = Interval.seconds(8)

  /// A condition for the response to a request.
  enum Need {
    /// The window of a rendition is open to readers.
    case window(RenditionHandler)
    /// The playlists of a rendition have a complete segment.
    case segment(RenditionHandler)
    /// The windows of all renditions are open, and the top rendition has a complete segment.
    case all
  }

  private let held: HoldQueue<Void>
  private let rerouteExchange: (any Exchange, MonotonicTime) -> Void
  /// The progress of the windows when the first of the requests was held.
  private var heldAt: [Bool] = []
  /// The time between two looks at the outage of the stream while requests are held.
  private static let interval = Interval.milliseconds(250)
  /// The next look; nil while no request is held for a stream without windows.
  private var lookAt: MonotonicTime?

  /// `reroute` handles an exchange again, with the arrival of the request.
  init(
    _ counters: Locked<ServerCounters>, _ reroute: @escaping (any Exchange, MonotonicTime) -> Void
  ) {
    held = HoldQueue(.start, counters)
    rerouteExchange = reroute
  }

  /// The number of held requests.
  var count: Int { held.count }
  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime { min(held.nextDeadline, lookAt ?? .distantFuture) }

  /// Holds a request while the windows lack its need; false if they have it.
  func hold(
    _ exchange: any Exchange, until need: Need, of renditions: [RenditionHandler],
    since: MonotonicTime
  ) -> Bool {
    let isStarting =
      switch need {
      case .window(let handler): handler.isStarting
      case .segment(let handler): handler.isWithoutSegment
      case .all:
        renditions.first?.isWithoutSegment ?? true || renditions.contains { $0.isStarting }
      }
    if isStarting { hold(exchange, of: renditions, since: since) }
    return isStarting
  }

  /// Holds a request until the windows progress, the stream changes, or its outage becomes known.
  func hold(_ exchange: any Exchange, of renditions: [RenditionHandler], since: MonotonicTime) {
    if held.count == 0 { heldAt = Self.progress(of: renditions) }
    held.hold(HeldRequest(exchange, (), since: since), deadline: since + Self.hold)
    if renditions.isEmpty { lookAt = lookAt ?? since + Self.interval }
  }

  /// Routes the requests again if the windows have progressed.
  func woken(_ renditions: [RenditionHandler]) {
    guard held.count > 0, !renditions.isEmpty, Self.progress(of: renditions) != heldAt else {
      return
    }
    reroute()
  }

  /// Routes all requests again.
  func reroute() {
    for (exchange, since) in held.takeAll() { rerouteExchange(exchange, since) }
  }

  /// Routes all requests again if new ones are refused: the outage of the stream is known.
  ///
  /// `isRefused` is asked every ``interval`` only.
  func look(_ now: MonotonicTime, _ isRefused: () -> Bool) {
    guard let time = lookAt, now >= time else { return }
    lookAt = held.count == 0 ? nil : now + Self.interval
    // A request that is held again waits for the next look.
    if lookAt != nil, isRefused() { reroute() }
  }

  /// Refuses the requests whose time is over, with the line `refusal` if the stream has no windows,
  /// unless `answer` answers them.
  func expire(
    _ now: MonotonicTime, refusal: String?,
    _ answer: (any Exchange, MonotonicTime) -> Bool = { _, _ in false }
  ) {
    for request in held.expired(now) where !answer(request.exchange, request.since) {
      held.timedOut()
      if let refusal {
        request.refuse(.unavailable(refusal), now)
      } else {
        request.timeOut(now)
      }
    }
  }

  /// Whether each window is not open yet, and has no complete segment yet.
  private static func progress(of renditions: [RenditionHandler]) -> [Bool] {
    renditions.flatMap { [$0.isStarting, $0.isWithoutSegment] }
  }
}
