// SPDX-License-Identifier: Apache-2.0

import Access
import Ingest
import Net
import Sharing
import Time

/// The connections of one publisher, at most one for each track.
///
/// To its stream they are one publisher, whose time begins with the first connection and ends with
/// the last.
final class TrackSession: Sendable {
  private struct Connection {
    let publisher: Publisher
    let start: MonotonicTime
    var lastTag: MonotonicTime

    func isSilent(at now: MonotonicTime) -> Bool { now - lastTag > Takeover.time }

    func isTaken(_ takeover: Takeover, at now: MonotonicTime) -> Bool {
      takeover.protects(since: start, last: lastTag, at: now)
    }
  }

  /// The result of adding a connection.
  enum Addition {
    /// It sends the track; close the former connection first, if there is one. `hasReturned` is
    /// whether video was sent before; `paused` is the track that it continues, and `number` that
    /// of audio.
    case attached(former: Publisher?, hasReturned: Bool, paused: PausedTrack?, number: Int)
    /// Another connection sends the track, and may be replaced only with the other tracks: the
    /// connection is that of a new publisher.
    case superseding
    /// Another connection sends the track, and may not be replaced.
    case taken
  }

  private struct State {
    var connections: [PublishedTrack: Connection] = [:]
    /// Whether a connection has sent video, or sends it.
    var hasVideo = false
    var numbers = AudioTrackNumbers()
    /// The tracks whose next body is awaited.
    var paused: [PublishedTrack: PausedTrack] = [:]

    var isOver: Bool { connections.isEmpty && paused.isEmpty }

    /// Whether a track is sent, or its next body is awaited.
    func isOpen(_ track: PublishedTrack) -> Bool {
      connections[track] != nil || paused[track] != nil
    }

    /// Whether the publisher has the most tracks of audio or of text, and this is another one.
    func hasNoNumber(for track: PublishedTrack) -> Bool {
      switch track {
      case .video: return false
      case .audio(let name):
        return !numbers.contains(name) && numbers.isFull { isOpen(.audio($0)) }
      case .text:
        guard !isOpen(track) else { return false }
        let texts = Set(connections.keys).union(paused.keys).filter { $0.kind == track.kind }
        return texts.count >= TrackConfiguration.maximumAudioTracks
      }
    }

    /// The number of a track in records; nil if the publisher has the most tracks.
    mutating func number(of track: PublishedTrack) -> Int? {
      guard case .audio(let name) = track else { return hasNoNumber(for: track) ? nil : 0 }
      var numbers = numbers
      defer { self.numbers = numbers }
      return numbers.number(of: name) { isOpen(.audio($0)) }
    }
  }

  private let state: Locked<State>
  /// The client, whose connections all tracks have.
  private let client: PeerAddress
  /// The publisher that the stream sees.
  let publisher: Publisher

  /// A session of a client without connections.
  init(of client: PeerAddress) {
    self.client = client
    let state = Locked(State())
    self.state = state
    let open: @Sendable () -> [Publisher] = {
      state.withLock { $0.connections.values.map(\.publisher) }
    }
    publisher = Publisher(
      words: "from \(client.masked) by HTTP",
      refuse: { reason in for publisher in open() { publisher.refuseMedia(reason) } }
    ) { then in Self.close(open(), then) }
  }

  private static func close(_ open: [Publisher], _ then: @escaping @Sendable () -> Void) {
    guard let first = open.first else { return then() }
    first.close { close(Array(open.dropFirst()), then) }
  }

  /// Whether an address is that of the client.
  func isOf(_ peer: PeerAddress) -> Bool {
    peer.owner == client.owner || peer.isLoopback && client.isLoopback
  }

  /// Adds the connection of a track; it replaces a silent one.
  ///
  /// A silent connection is an earlier one of the same publisher. If `takeover` lets the connection
  /// replace one that sends, the publisher is another one, and the tracks of both are not mixed.
  func add(
    _ track: PublishedTrack, _ publisher: Publisher, _ takeover: Takeover, at now: MonotonicTime
  ) -> Addition {
    state.withLock { state in
      let former = state.connections[track]
      if let former, former.isTaken(takeover, at: now) { return .taken }
      if let former, !former.isSilent(at: now) { return .superseding }
      guard let number = state.number(of: track) else { return .taken }
      state.connections[track] = Connection(publisher: publisher, start: now, lastTag: now)
      let hadVideo = state.hasVideo
      if track == .video { state.hasVideo = true }
      let paused = state.paused.removeValue(forKey: track)
      return .attached(
        former: former?.publisher, hasReturned: hadVideo && track == .video && paused == nil,
        paused: paused, number: number)
    }
  }

  /// Replaces the connection of a track, if it is this one, by the wait for its next body.
  ///
  /// - Returns: whether it was the connection of the track.
  func pause(_ paused: PausedTrack, of track: PublishedTrack, _ publisher: Publisher) -> Bool {
    state.withLock { state in
      guard state.connections[track]?.publisher === publisher else { return false }
      state.connections[track] = nil
      state.paused[track] = paused
      return true
    }
  }

  /// Ends the wait for the next body of a track, if it still lasts.
  ///
  /// - Returns: whether it lasted, and whether no track is left.
  func end(_ paused: PausedTrack, of track: PublishedTrack) -> (wasPaused: Bool, isLast: Bool) {
    state.withLock { state in
      guard state.paused[track] === paused else { return (false, false) }
      state.paused[track] = nil
      return (true, state.isOver)
    }
  }

  /// Whether a connection that another one may not replace sends a track.
  func isTaken(_ track: PublishedTrack, _ takeover: Takeover, at now: MonotonicTime) -> Bool {
    state.withLock { state in
      state.connections[track]?.isTaken(takeover, at: now) ?? state.hasNoNumber(for: track)
    }
  }

  /// Whether the publisher has the most tracks of audio or of text, and this is another one.
  func hasNoNumber(for track: PublishedTrack) -> Bool {
    state.withLock { $0.hasNoNumber(for: track) }
  }

  /// Whether the next body of a track is awaited, from this client.
  func isPaused(_ track: PublishedTrack, by peer: PeerAddress) -> Bool {
    state.withLock { $0.paused[track]?.permit?.isOf(peer) ?? false }
  }

  /// Notes a tag; false if the connection is not that of its track.
  func note(_ track: PublishedTrack, _ publisher: Publisher, at now: MonotonicTime) -> Bool {
    state.withLock { state in
      guard state.connections[track]?.publisher === publisher else { return false }
      state.connections[track]?.lastTag = now
      return true
    }
  }

  /// Removes the connection of a track, if it is this one.
  ///
  /// - Returns: whether it was the last connection.
  func remove(_ track: PublishedTrack, _ publisher: Publisher) -> Bool {
    state.withLock { state in
      guard state.connections[track]?.publisher === publisher else { return false }
      state.connections[track] = nil
      return state.isOver
    }
  }
}
