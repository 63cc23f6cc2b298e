// SPDX-License-Identifier: Apache-2.0

package import Time

/// The states of a WebSocket: open, closing, closed.
///
/// Pure: the time is an argument, and every event returns the action that the connection performs.
/// - Source: RFC 6455 §7
struct WebSocketLifecycle {
  enum State { case open, closing, closed }

  /// An order to the connection.
  enum Action: Equatable {
    case none
    /// Send a Ping frame.
    case ping
    /// Close the stream.
    case drop
    /// Cut the stream with RST, for the given reason.
    case cut(ConnectionFault)
  }

  private(set) var state = State.open
  /// Whether a Close frame of the client was received, or it has closed its end.
  private(set) var isPeerDone = false
  /// When bytes of the client were received.
  private var heardAt: MonotonicTime
  /// When a Ping frame was sent after that; nil if none was.
  private var pingedAt: MonotonicTime?
  /// When a Close frame was sent.
  private var closingSince = MonotonicTime.origin

  init(now: MonotonicTime) { heardAt = now }

  /// Bytes of the client were received.
  mutating func heard(now: MonotonicTime) {
    heardAt = now
    pingedAt = nil
  }

  /// A Close frame is sent.
  ///
  /// - Returns: false if one was sent before.
  mutating func beginClosing(now: MonotonicTime) -> Bool {
    guard state == .open else { return false }
    state = .closing
    closingSince = now
    return true
  }

  /// The client has sent its Close frame or FIN: nothing more is expected of it.
  mutating func peerDone() { isPeerDone = true }

  /// The stream is closed.
  ///
  /// - Returns: false if it was closed before.
  mutating func close() -> Bool {
    defer { state = .closed }
    return state != .closed
  }

  /// Looks for a client that is silent, or takes no bytes.
  mutating func check(
    queuedBytes: Int, lastProgress: MonotonicTime, _ http: HTTPLimits, _ limits: WebSocketLimits,
    now: MonotonicTime
  ) -> Action {
    switch state {
    case .closed: return .none
    case .closing:
      return isPeerDone && queuedBytes == 0 || now - closingSince >= http.lingerTime
        ? .drop : .none
    case .open: break
    }
    if queuedBytes > 0 {
      return now - lastProgress >= http.stallTime ? .cut(.stalled) : .none
    }
    if let pingedAt { return now - pingedAt >= limits.pongTime ? .cut(.silent) : .none }
    guard now - heardAt >= limits.pingTime else { return .none }
    pingedAt = now
    return .ping
  }
}

/// The limits of a WebSocket; times are checked at the interval of ``HTTPLimits``.
package struct WebSocketLimits: Sendable {
  /// The maximum number of bytes of a message of the client; above it the code is 1009.
  package var messageBytes = 4 * 1024
  /// The time from the first to the last byte of a message; then the code is 1008.
  package var messageTime = Interval.seconds(10)
  /// The memory of unsent answers from which on no further frames of the client are taken.
  package var answerBytes = 4 * 1024
  /// The maximum number of bytes of the client that wait meanwhile; above it the code is 1008.
  package var waitingBytes = 4 * 1024
  /// The frames that a client may send at once.
  package var frameBurst: Int64 = 100
  /// The frames per second that a client may send in the long run; above it the code is 1008.
  package var frameRate: Int64 = 30
  /// The time without bytes of the client after which it gets a Ping frame.
  package var pingTime = Interval.seconds(20)
  /// The time without bytes of the client after the Ping frame; then the connection is cut.
  package var pongTime = Interval.seconds(20)
  /// Unsent bytes above which the kernel takes no more.
  package var unsentBytes = 16 * 1024

  /// The defaults.
  package init() {}
}
