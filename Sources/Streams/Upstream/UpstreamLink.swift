// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// The state of the connection of a stream to its upstream, over all sessions.
package final class UpstreamLink: Sendable {
  /// The state of the connection.
  package enum State: String, Sendable {
    /// The stream is stopped: nothing connects.
    case idle
    /// There is no connection; it is tried again and again.
    case connecting
    /// The newest media arrive.
    case connected
    /// The stream of the upstream has ended; another one is awaited.
    case ended
    /// The upstream refuses, as for a loop; it is asked again after a while.
    case refused
  }

  /// The state and its circumstances.
  package struct Status: Sendable {
    /// The state.
    package fileprivate(set) var state = State.idle
    /// When the state began.
    package fileprivate(set) var since = SystemClock.monotonicTime
    /// The servers from the first one to the upstream; empty if they are unknown.
    package fileprivate(set) var path: [String] = []
    /// The reason of the newest failure; nil while connected.
    package fileprivate(set) var reason: String?
  }

  private struct Shared: Sendable {
    var status = Status()
    /// The servers that wait for this stream, newest last.
    var waiting: [String] = []
  }

  /// The address of the upstream.
  package let address: UpstreamAddress
  /// The outages of the connection, over all sessions.
  package let outages = SourceOutages()
  private let shared = Locked(Shared())

  /// A link without a connection.
  package init(_ address: UpstreamAddress) { self.address = address }

  /// The present status.
  package var status: Status { shared.withLock { $0.status } }

  /// Changes the state; servers in the path stay known.
  func become(_ state: State, _ reason: String? = nil) {
    shared.withLock { shared in
      if shared.status.state != state { shared.status.since = SystemClock.monotonicTime }
      shared.status.state = state
      shared.status.reason = reason
    }
  }

  /// Sets the servers from the first one to the upstream.
  func follow(_ path: [String]) { shared.withLock { $0.status.path = path } }

  /// Notes the identities of servers that wait for this stream, which has not started: if the
  /// upstream is one of them and waits too, the servers relay in a loop.
  package func note(_ identities: [String]) {
    shared.withLock { shared in
      shared.waiting.removeAll { identities.contains($0) }
      shared.waiting = (shared.waiting + identities).suffix(ServerIdentity.maximumServers - 1)
    }
  }

  /// The value of the field of a request to the upstream: this server, and others that would get
  /// its stream.
  func identities() -> String {
    let waiting = shared.withLock { $0.waiting }
    return (waiting.filter { $0 != ServerIdentity.own } + [ServerIdentity.own])
      .joined(separator: ", ")
  }
}
