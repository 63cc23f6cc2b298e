// SPDX-License-Identifier: Apache-2.0

package import Time

/// Decides when a connection to a receiver is made, and when it is tried again: a pure state
/// machine, no locks, clocks or threads.
package struct PushLifecycle: Sendable {
  /// The state, as users see it.
  package enum State: String, Sendable, CaseIterable {
    /// Nothing is sent until a request starts it.
    case stopped
    /// The stream has no media, or lacks a track.
    case waiting
    case connecting
    /// The receiver takes media.
    case pushing
    /// The connection was lost or refused; it is tried again.
    case retrying
  }

  /// What the thread does next.
  package enum Action: Sendable, Equatable {
    case connect
    /// Nothing until this time, or a change.
    case wait(until: MonotonicTime)
    case quit
  }

  /// The state.
  package private(set) var state = State.waiting
  /// When the state began.
  package private(set) var since: MonotonicTime
  /// Why the receiver gets nothing, or the fault of its last connection; nil without a fault.
  package private(set) var reason: String?
  /// When the receiver is tried again; nil unless it is retried.
  package private(set) var retryTime: MonotonicTime?
  /// The connections that the receiver took media of, after the first one.
  package private(set) var reconnects: UInt64 = 0
  private var isWanted: Bool
  /// Why the stream cannot be sent now; nil if it can.
  private var obstacle: String?
  private var isClosed = false
  private var hasDelivered = false
  private var delay = PushDelay()

  /// A push of a stream without media.
  package init(isStopped: Bool, _ now: MonotonicTime) {
    isWanted = !isStopped
    since = now
    obstacle = Self.noMedia
    if isStopped { state = .stopped }
  }

  /// The obstacle of a stream that has not started.
  package static let noMedia = "the stream has no media"

  /// Whether a connection may continue.
  package var mayContinue: Bool { isWanted && obstacle == nil && !isClosed }
  /// Whether only media is missing.
  package var lacksMedia: Bool { obstacle != nil && !isClosed }
  /// Whether a connection ends since the push was stopped.
  package var isStopped: Bool { !isWanted }

  /// Starts or stops by a request; a start tries again at once.
  package mutating func want(_ isWanted: Bool, _ now: MonotonicTime) {
    if isWanted, !self.isWanted || state == .retrying {
      (delay, retryTime) = (PushDelay(), nil)
      become(.waiting, now)
    }
    self.isWanted = isWanted
    reason = isWanted ? obstacle : nil
    if !isWanted { become(.stopped, now) }
  }

  /// The stream has the media to send, or has not for a reason.
  package mutating func offer(obstacle: String?, _ now: MonotonicTime) {
    if obstacle == nil, reason == self.obstacle { reason = nil }
    self.obstacle = obstacle
    guard isWanted, let obstacle else { return }
    retryTime = nil
    reason = obstacle
    become(.waiting, now)
  }

  /// Ends the thread.
  package mutating func close() { isClosed = true }

  /// The next action.
  package mutating func next(_ now: MonotonicTime) -> Action {
    if isClosed { return .quit }
    guard mayContinue else { return .wait(until: .distantFuture) }
    if let retryTime, retryTime > now { return .wait(until: retryTime) }
    retryTime = nil
    become(.connecting, now)
    return .connect
  }

  /// The receiver takes media.
  package mutating func delivered(_ now: MonotonicTime) {
    guard state == .connecting else { return }
    // bounded: one per connection
    if hasDelivered { reconnects += 1 }
    hasDelivered = true
    reason = nil
    become(.pushing, now)
  }

  /// The connection could not be made, or has failed.
  ///
  /// - Parameters:
  ///   - reason: the fault, without secrets.
  ///   - isRefusal: whether the receiver has refused the stream.
  ///   - now: the time.
  package mutating func failed(_ reason: String, isRefusal: Bool, _ now: MonotonicTime) {
    guard mayContinue else { return }
    let delivering = state == .pushing ? since : nil
    let wait = delay.failed(isRefusal: isRefusal, delivering: delivering, now)
    self.reason = reason
    retryTime = now + wait
    become(.retrying, now)
  }

  /// The connection has ended without a fault, as for another CMAF header.
  package mutating func ended(_ now: MonotonicTime) {
    guard mayContinue else { return }
    become(.waiting, now)
  }

  private mutating func become(_ state: State, _ now: MonotonicTime) {
    guard self.state != state else { return }
    self.state = state
    since = now
  }
}
