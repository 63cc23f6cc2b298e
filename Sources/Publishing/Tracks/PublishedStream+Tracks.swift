// SPDX-License-Identifier: Apache-2.0

package import Net
package import Time

// Publishers that send each track over a connection of its own.
extension PublishedStream {
  /// Whether `peer` may not send a track: a client that may not be replaced sends it, or publishes
  /// otherwise.
  package func isTaken(
    _ track: PublishedTrack, by peer: PeerAddress, at now: MonotonicTime
  ) -> Bool {
    let (session, isTaken) = present(at: now)
    guard let session, session.isOf(peer) else { return isTaken }
    return session.isTaken(track, takeover, at: now)
  }

  /// Whether the next body of a track is awaited, from this client.
  package func isPaused(_ track: PublishedTrack, by peer: PeerAddress) -> Bool {
    present(at: .origin).session?.isPaused(track, by: peer) ?? false
  }

  /// Lets a connection send a track: beside the other tracks of the present publisher, or as a new
  /// publisher, which replaces all of them.
  ///
  /// Tracks of two clients are not mixed.
  ///
  /// Video that returns has a timeline of its own, so the source is told that a publisher begins.
  /// - Returns: the publisher, the one to close, and the track that the connection continues; nil
  ///   if the track is taken.
  func attach(
    _ track: PublishedTrack, _ connection: Publisher, from peer: PeerAddress, at now: MonotonicTime
  ) -> (session: TrackSession, former: Publisher?, paused: PausedTrack?)? {
    // Each change by another connection meanwhile is one more attempt.
    for _ in 0..<4 {
      if let session = present(at: now).session, session.isOf(peer) {
        switch session.add(track, connection, takeover, at: now) {
        case .taken: return nil
        case .superseding: break
        case .attached(let former, let hasReturned, let paused):
          if present(at: now).session === session {
            if hasReturned, track == .video { restartVideo(of: session.publisher) }
            return (session, former, paused)
          }
          _ = session.remove(track, connection)
        }
      }
      let session = TrackSession(of: peer)
      _ = session.add(track, connection, takeover, at: now)
      if case .attached(let former) = attach(session.publisher, session, at: now) {
        return (session, former, nil)
      }
    }
    return nil
  }

  /// Notes that the connection of a track has ended.
  func detach(
    _ track: PublishedTrack, _ connection: Publisher, _ session: TrackSession,
    at now: MonotonicTime
  ) {
    guard session.remove(track, connection) else { return }
    _ = detach(session.publisher, at: now)
  }
}
