// SPDX-License-Identifier: Apache-2.0

package import Net
package import Time

/// A connection that sends a track of a stream.
struct TrackAttachment {
  /// The publisher.
  let session: TrackSession
  /// The publisher to close.
  let former: Publisher?
  /// The track that the connection continues.
  let paused: PausedTrack?
  /// The number of the track in records.
  let number: Int
}

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

  /// Whether the publisher has the most tracks of audio or of text, and this is another one.
  package func hasNoNumber(for track: PublishedTrack) -> Bool {
    present(at: .origin).session?.hasNoNumber(for: track) ?? false
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
  /// - Returns: nil if the track is taken.
  func attach(
    _ track: PublishedTrack, _ connection: Publisher, from peer: PeerAddress, at now: MonotonicTime
  ) -> TrackAttachment? {
    // Each change by another connection meanwhile is one more attempt.
    for _ in 0..<4 {
      if let session = present(at: now).session, session.isOf(peer) {
        switch session.add(track, connection, takeover, at: now) {
        case .taken: return nil
        case .superseding: break
        case .attached(let former, let hasReturned, let paused, let number):
          if present(at: now).session === session {
            if hasReturned { restartVideo(of: session.publisher) }
            return TrackAttachment(
              session: session, former: former, paused: paused, number: number)
          }
          _ = session.remove(track, connection)
        }
      }
      let session = TrackSession(of: peer)
      _ = session.add(track, connection, takeover, at: now)
      if case .attached(let former) = attach(session.publisher, session, at: now) {
        return TrackAttachment(session: session, former: former, paused: nil, number: 0)
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
