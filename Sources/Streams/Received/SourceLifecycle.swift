// SPDX-License-Identifier: Apache-2.0

/// The life of a source whose media another process or server sends: it connects, receives until
/// the connection ends, waits, and connects again until it is stopped.
///
/// A pure state machine.
struct SourceLifecycle<
  Connection: Sendable, Facts: Sendable, Failure: Error, Receiver: Sendable
>: Sendable {
  enum Phase: Sendable {
    /// There is no connection: before the first one, and until the next attempt.
    case waiting
    /// The other end does not take a session yet.
    case opening(Connection)
    /// The other end takes a session.
    case ready(Connection)
    /// The source is stopped; its thread still runs, perhaps with the connection.
    case stopping(Connection?)
    /// The thread has ended, or was never started.
    case over
  }

  private(set) var phase = Phase.waiting
  /// The facts about the source, or why they will never be known; nil before.
  private(set) var facts: Result<Facts, Failure>?
  /// The session for which the media are received.
  private(set) var receiver: Receiver?

  /// Whether the source was stopped, or has ended.
  var isStopped: Bool {
    switch phase {
    case .stopping, .over: true
    case .waiting, .opening, .ready: false
    }
  }

  /// The connection that a message can be sent to; nil if there is none.
  private var connection: Connection? {
    switch phase {
    case .opening(let connection), .ready(let connection): connection
    case .stopping(let connection): connection
    case .waiting, .over: nil
    }
  }

  /// Notes a connection.
  ///
  /// - Returns: false if the source was stopped before.
  mutating func connect(_ connection: Connection) -> Bool {
    if isStopped {
      phase = .stopping(connection)
      return false
    }
    phase = .opening(connection)
    return true
  }

  /// Notes that the other end takes a session.
  ///
  /// - Returns: the session that it gets now; nil if it gets none yet.
  mutating func becomeReady() -> Receiver? {
    guard case .opening(let connection) = phase else { return nil }
    phase = .ready(connection)
    return receiver
  }

  /// Notes that the connection has ended.
  ///
  /// - Returns: whether there is another attempt.
  mutating func disconnect() -> Bool {
    phase = isStopped ? .stopping(nil) : .waiting
    return !isStopped
  }

  /// Keeps the first facts.
  mutating func settle(_ found: Result<Facts, Failure>) { if facts == nil { facts = found } }

  /// Receives for a session.
  ///
  /// - Returns: the connection that takes the session now.
  mutating func attach(_ receiver: Receiver) -> Connection? {
    self.receiver = receiver
    guard case .ready(let connection) = phase else { return nil }
    return connection
  }

  /// Receives for no session, until the next one is attached.
  ///
  /// - Returns: the session before.
  mutating func detach() -> Receiver? { receiver.take() }

  /// Receives for no session, until one is attached that begins with other facts.
  ///
  /// - Returns: the session before.
  mutating func detach(with facts: Facts) -> Receiver? {
    self.facts = .success(facts)
    return detach()
  }

  /// Stops the source: there is no further attempt.
  ///
  /// - Returns: the connection and the session that must be ended.
  mutating func stop() -> (connection: Connection?, receiver: Receiver?) {
    let ended = (connection, receiver)
    if case .over = phase {} else { phase = .stopping(connection) }
    return ended
  }

  /// Notes that the thread has ended, or does not start.
  ///
  /// - Returns: whether the source was stopped.
  @discardableResult
  mutating func end() -> Bool {
    defer { phase = .over }
    return isStopped
  }
}
