// SPDX-License-Identifier: Apache-2.0

package import Time

/// The states of one HTTP/1.1 or HTTP/2 connection, from its first request to its end.
///
/// Pure: the time is an argument, and every event returns the action that the connection performs.
///
/// ```
/// open ──► announced ──► draining ──► lingering ──► closed
///   └──────────────────────┘             (closed may follow every state)
/// ```
package struct ConnectionLifecycle {
  /// The state of a connection.
  package enum State: UInt8 {
    /// Requests are taken.
    case open
    /// Requests already sent are taken, then the connection ends. HTTP/2: the client was told.
    /// HTTP/1.1: the connection is new, or a head has begun.
    case announced
    /// No more requests are taken; open requests are answered.
    case draining
    /// All responses are sent and our end is closed; received bytes are dropped.
    case lingering
    /// The stream is closed.
    case closed
  }

  /// An order to the connection.
  package enum Action: Sendable, Equatable {
    /// Nothing to do.
    case none
    /// Tell the client that the connection will end.
    case announceEnd
    /// Take no more requests, and tell the client if the version of HTTP permits it.
    case stopRequests
    /// Refuse the request whose head is incomplete.
    case refuseHead
    /// Look for request bodies and responses that take too long.
    case checkExchanges
    /// Close our end, then read and drop bytes.
    case finishWriting
    /// Close the stream and forget the connection.
    case close
    /// Cut the stream with RST, for the given reason, and forget the connection.
    case cut(ConnectionFault)
  }

  /// The work of a connection at one time.
  package struct Load: Sendable {
    /// Bytes that the kernel has not taken.
    package var queuedBytes = 0
    /// When the last required amount of queued bytes had left, or queueing began.
    package var lastProgress = MonotonicTime.origin
    /// Whether no exchange is open.
    package var isIdle = true
    /// When the incomplete request head began; nil outside of a head.
    package var headSince: MonotonicTime?
  }

  /// The present state.
  package private(set) var state = State.open
  /// Whether the connection speaks HTTP/2.
  let isHTTP2: Bool
  private(set) var isInputEnded = false
  /// Whether an exchange has ended.
  private var hasServed = false
  /// When the state began, or the connection became idle.
  private var since: MonotonicTime
  /// Ended responses whose bytes are partly queued.
  var reports = FlushReports()

  /// A connection that is open and idle from `now` on.
  package init(isHTTP2: Bool, now: MonotonicTime) {
    self.isHTTP2 = isHTTP2
    since = now
  }

  /// Whether responses are sent.
  var isServing: Bool {
    switch state {
    case .open, .announced, .draining: true
    case .lingering, .closed: false
    }
  }

  // MARK: Requests

  /// The last exchange has ended.
  package mutating func becameIdle(now: MonotonicTime) { (since, hasServed) = (now, true) }

  /// After the open responses the connection ends.
  package mutating func stopRequests() {
    if state == .open || state == .announced { state = .draining }
  }

  /// The body that ended the connection was read to its end before the response began.
  package mutating func resumeRequests() { state = .open }

  // MARK: The end

  /// The server takes no more requests.
  package mutating func drain(_ load: Load, now: MonotonicTime) -> Action {
    guard state == .open else { return .none }
    if isHTTP2, !load.isIdle {
      // Requests may be on their way: they are taken until the client has received the notice.
      state = .announced
      since = now
      return .announceEnd
    }
    if !isHTTP2, load.isIdle, load.queuedBytes == 0 {
      if hasServed, load.headSince == nil { return close() }
      // A request is on its way, or may be: it gets the one response of a new connection.
      (state, since) = (.announced, now)
      return .none
    }
    state = .draining
    return .stopRequests
  }

  /// All responses are sent, and no more will follow.
  package mutating func finish(now: MonotonicTime) -> Action {
    guard isServing else { return .none }
    if isInputEnded { return close() }
    state = .lingering
    since = now
    return .finishWriting
  }

  /// The client has closed its end.
  ///
  /// HTTP/1.1: an open exchange has no complete response, and its client has disconnected. HTTP/2:
  /// such exchanges were dropped before, and complete responses wait for the client's window.
  package mutating func inputEnded(_ load: Load) -> Action {
    isInputEnded = true
    guard isServing else { return close() }
    let isSent = load.isIdle && load.queuedBytes == 0
    if isSent || !isHTTP2 && !load.isIdle { return close() }
    if !isHTTP2 { state = .draining }
    return .none
  }

  /// The stream is closed, or must be.
  package mutating func close() -> Action {
    guard state != .closed else { return .none }
    state = .closed
    return .close
  }

  /// The connection cannot go on.
  package mutating func cut(_ fault: ConnectionFault) -> Action {
    close() == .none ? .none : .cut(fault)
  }

  /// Looks for work that takes too long; a held request has no deadline here.
  package mutating func check(_ load: Load, _ limits: HTTPLimits, now: MonotonicTime) -> Action {
    switch state {
    case .closed: return .none
    case .lingering: return now - since >= limits.lingerTime ? close() : .none
    case .announced where isHTTP2 && now > since:
      state = .draining
      return .stopRequests
    case .announced where now > since && load.isIdle && load.headSince == nil:
      return close()
    case .open, .announced, .draining: break
    }
    if load.queuedBytes > 0 {
      return now - load.lastProgress >= limits.stallTime ? cut(.stalled) : .none
    }
    if let headSince = load.headSince, now - headSince >= limits.headTime { return .refuseHead }
    if load.isIdle, state == .open, now - since >= limits.idleTime {
      guard isHTTP2 else { return close() }
      state = .draining
      return .stopRequests
    }
    return .checkExchanges
  }
}

/// Records of responses that have ended while some of their bytes are queued.
struct FlushReports {
  private var records: [ExchangeRecord] = []

  /// Whether no record is kept.
  var isEmpty: Bool { records.isEmpty }

  /// Keeps a record until the bytes of its response have left.
  mutating func add(_ record: ExchangeRecord) {
    var kept = record
    kept.request.reduceToRecord()
    records.append(kept)
  }

  /// Removes and completes all records.
  ///
  /// - Parameters:
  ///   - lost: how many of the last bytes the kernel did not take.
  ///   - now: the time at which the responses ended.
  /// - Returns: the records, newest first.
  mutating func take(lost: Int, now: MonotonicTime) -> ReversedCollection<[ExchangeRecord]> {
    var ended: [ExchangeRecord] = []
    swap(&ended, &records)
    var lost = lost
    for index in ended.indices.reversed() {
      let missing = min(lost, ended[index].bytesSent)
      lost -= missing
      ended[index].bytesSent -= missing
      ended[index].cut = missing > 0
      ended[index].ended = now
    }
    return ended.reversed()
  }
}
