// SPDX-License-Identifier: Apache-2.0

package import Ingest
package import Net
import Sharing
package import Time

/// The streams that accept publishers, and the clients that may publish to them.
package final class PublisherRegistry: Sendable {
  private struct Entry: Sendable {
    let stream: PublishedStream
    var target: PublishTarget
  }

  private struct State: Sendable {
    var entries: [String: Entry] = [:]
    /// Connections by address.
    var connections: [PeerAddress: Int] = [:]
    var connectionCount = 0
  }

  /// Connections of all addresses, publishing or not.
  package static let mostConnections = 512
  /// Connections of one address other than loopback.
  package static let mostOfAddress = 32

  /// A digest that no path has.
  private static let noPath = SecretDigest("")

  private let publishGuard: PublishGuard
  private let state = Locked(State())

  /// A registry without streams, whose clients `publishGuard` admits.
  package init(_ publishGuard: PublishGuard) { self.publishGuard = publishGuard }

  // MARK: Streams

  /// Adds a stream, or gives the stream of this name another target; its publisher stays.
  package func add(_ name: String, _ target: PublishTarget) -> PublishedStream {
    state.withLock { state in
      let stream = state.entries[name]?.stream ?? PublishedStream(name: name)
      state.entries[name] = Entry(stream: stream, target: target)
      return stream
    }
  }

  /// Removes a stream, and closes the connection of its publisher.
  package func remove(_ name: String) {
    let stream = state.withLock { $0.entries.removeValue(forKey: name)?.stream }
    stream?.closePublisher()
  }

  // MARK: Clients

  /// The stream to which a client may publish.
  ///
  /// - Throws: why it may not; five failures let its address wait.
  package func admit(
    _ target: RTMPTarget, from peer: PeerAddress, at now: MonotonicTime
  ) throws(PublishRefusal) -> PublishedStream {
    let found = state.withLock { state in
      state.entries.values.first { $0.target.path?.matches(target.path) == true }
        ?? state.entries[target.stream]
    }
    // A path is a key too: each unknown one is a failed attempt.
    let isPath = found == nil || found?.target.path != nil
    let key = isPath ? found?.target.path ?? Self.noPath : found?.target.key
    let refusal = publishGuard.refusal(
      of: peer, given: isPath ? target.path : target.key, key: key, at: now)
    switch refusal {
    case .tooManyFailures: throw .tooManyFailures
    case .notLocal: throw .notLocal
    case .missingKey, .wrongKey: throw .unknown
    case nil: break
    }
    guard let found else { throw .unknown }
    // A path counts as a key only if keys are required.
    let access = publishGuard.access
    guard !isPath || access.mode == .key || access.admitsWithoutKey(peer) else { throw .notLocal }
    return found.stream
  }

  // MARK: Connections

  /// Counts a connection; false if there are too many.
  func connect(_ peer: PeerAddress) -> Bool {
    state.withLock { state in
      let count = state.connections[peer.owner, default: 0]
      guard state.connectionCount < Self.mostConnections,
        peer.isLoopback || count < Self.mostOfAddress
      else { return false }
      state.connections[peer.owner] = count + 1
      state.connectionCount += 1
      return true
    }
  }

  /// Notes the end of a counted connection.
  func disconnect(_ peer: PeerAddress) {
    state.withLock { state in
      guard let count = state.connections[peer.owner] else { return }
      state.connections[peer.owner] = count > 1 ? count - 1 : nil
      state.connectionCount -= 1
    }
  }
}
