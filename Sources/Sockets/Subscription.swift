// SPDX-License-Identifier: Apache-2.0

import HTTP
import Time

/// A track that a viewer receives: its membership in a group.
///
/// Confined to the loop's thread.
final class Subscription {
  /// Whether the viewer gets the next message.
  enum State: Equatable {
    case receiving
    /// The viewer is new: its first message is the next key frame, even if other messages wait.
    case starting
    /// The viewer was too slow and continues with a key frame; `from` is the number of the first
    /// message that it did not get, nil if that was of a former group.
    case waiting(from: UInt32?)
    /// The viewer wants no messages.
    case paused
  }

  unowned let session: SocketSession
  let group: BroadcastGroup
  /// Its index in the group; -1 outside of a group.
  var index = -1
  var state = State.starting

  init(_ session: SocketSession, _ group: BroadcastGroup) {
    self.session = session
    self.group = group
  }

  /// Whether the viewer was too slow.
  var isWaiting: Bool { if case .waiting = state { true } else { false } }

  /// Sends the next message of the group, or leaves it out.
  func deliver(_ message: MediaMessage, now: MonotonicTime) {
    switch state {
    case .receiving: session.send(message, due: now, now: now)
    case .paused: break
    case .starting:
      guard message.isKey else { return }
      state = .receiving
      session.send(message, due: now, now: now)
    case .waiting(let first):
      guard message.isKey, session.sender.hasCaughtUp(now), !session.canMove(self) else {
        return session.leftOut([message.position].compactMap { $0 })
      }
      if let first {
        session.send(
          essential: OutgoingFrame(
            ServerMessage.skip(
              channel: message.channel, from: first, to: message.sequence)))
      }
      state = .receiving
      session.send(message, due: now, now: now)
    }
  }
}
