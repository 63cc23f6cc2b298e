// SPDX-License-Identifier: Apache-2.0

package import Time

/// The life of one publication of a client over any transport: a pure state machine.
///
/// ```
/// entering ──► waiting ──► publishing ──► draining ──► closed
///     │           └────────────────────────▲
///     ├──────────────────────► publishing
///     └────────────────────────────────────────────────► closed
/// ```
package struct PublisherLifecycle: Sendable, Equatable {
  /// A state.
  package enum State: Sendable, Equatable {
    /// The hook decides, or the stream is created.
    case entering
    /// The stream is the client's; the connection of the former publisher is being closed.
    case waiting
    /// The client sends media.
    case publishing
    /// The client sends no more; its source has not taken everything.
    case draining
    case closed
  }

  /// The time without media after which a publisher is closed.
  package static let idleTime = Interval.seconds(10)

  /// The end of a publisher without media, for the log.
  package static var silence: String {
    "the publisher has sent nothing for \(idleTime.wholeSeconds) s"
  }

  /// The state.
  package private(set) var state = State.entering
  /// When the client began to enter, or its last media arrived.
  private var heard: MonotonicTime
  /// When the client began to send, or to wait; nil once its first media has arrived.
  private var awaitedSince: MonotonicTime?

  /// The time after which missing media has a line in the log.
  package static let mediaLimit = Interval.seconds(5)

  /// A client that enters.
  package init(at now: MonotonicTime) { heard = now }

  /// Whether the stream is the client's.
  package var isAttached: Bool { state == .waiting || state == .publishing }

  /// The stream is the client's.
  ///
  /// - Parameter waits: whether the client begins when its former publisher is closed.
  /// - Returns: whether it begins now.
  package mutating func attach(waits: Bool) -> Bool {
    guard state == .entering else { return false }
    state = waits ? .waiting : .publishing
    return !waits
  }

  /// The connection of the former publisher is closed.
  ///
  /// - Returns: whether the client begins now.
  package mutating func formerClosed() -> Bool {
    guard state == .waiting else { return false }
    state = .publishing
    return true
  }

  /// Media of the client has arrived.
  package mutating func hear(at now: MonotonicTime) { (heard, awaitedSince) = (now, nil) }

  /// The client may send from `now` on.
  package mutating func begin(at now: MonotonicTime) { (heard, awaitedSince) = (now, now) }

  /// Whether no media has arrived for ``mediaLimit`` since the client began; true once.
  package mutating func lacksMedia(at now: MonotonicTime) -> Bool {
    guard state == .publishing, let since = awaitedSince, now - since >= Self.mediaLimit else {
      return false
    }
    awaitedSince = nil
    return true
  }

  /// Whether nothing has arrived for too long.
  package func isIdle(at now: MonotonicTime) -> Bool { now - heard >= Self.idleTime }

  /// The client sends no more.
  ///
  /// - Returns: whether its media must be ended.
  package mutating func end() -> Bool {
    let wasAttached = isAttached
    if wasAttached { state = .draining }
    if state == .entering { state = .closed }
    return wasAttached
  }

  /// The source has taken everything.
  package mutating func drain() { if state == .draining { state = .closed } }
}
