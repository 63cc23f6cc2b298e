// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing
import Switching
import Time

/// What is sent to the client, and what is dropped if the client is too slow.
extension SocketSession {
  /// Sends a control message at once.
  func send(_ frame: SharedBytes) { connection?.send(frame) }

  /// The memory of the frames that must be sent, and that wait here.
  var waitingBytes: Int { sender.waitingBytes }

  /// Sends a frame that must not be dropped, after the frames that wait.
  func send(essential frame: OutgoingFrame) {
    let due = sockets.now
    if sender.send(essential: frame, due: due) { wrote(frame.position, frame.count, due: due) }
  }

  /// Sends a chunk, or drops it and the chunks that wait if the client is too slow.
  func send(_ message: MediaMessage, due: MonotonicTime, now: MonotonicTime) {
    switch sender.send(message, due: due, now: now) {
    case .written: wrote(message.position, message.count, due: due)
    case .late: dropChunks()
    case .queued, nil: break
    }
  }

  /// Changes the server's choice of a rendition, and counts the change if it has an effect.
  func changeAutomatic(_ change: (inout AutomaticRendition) -> Void) {
    limitAutomatic()
    let before = automatic.index
    change(&automatic)
    guard automatic.index != before, let request, request.rendition == nil else { return }
    sockets.countSwitch(isUp: automatic.index < before)
  }

  /// Keeps the server's choice in the present ladder, and below what the screen can show.
  func limitAutomatic() {
    let (highest, count) = (highest, sockets.ladder.count)
    guard count > 0 else { return }
    automatic.limit(to: highest...max(highest, count - 1), now: sockets.now)
  }

  /// Chooses a higher rendition if the client was not late for some time, unless the connection is
  /// known to be too slow for it.
  func raise(_ now: MonotonicTime) {
    guard automatic.index > 0, automatic.index > highest, let request, request.rendition == nil,
      !subscriptions.isEmpty, sender.isKeepingUp,
      let bandwidth = sockets.bandwidth(at: automatic.index - 1)
    else { return }
    switch BandwidthEvidence(connection?.transmission, bandwidth: bandwidth) {
    case .against: return
    case .unknown: changeAutomatic { $0.step(now) }
    case .proven: changeAutomatic { $0.step(now, isProven: true) }
    }
  }

  /// The client was late: chooses a rendition below the one that it gets.
  ///
  /// - Parameter carried: the index of the highest rendition that the connection carries; nil if it
  ///   is not known. If it is below the present one, being late once is enough.
  func lower(to carried: Int? = nil) {
    // bounded: the length of a ladder
    let next = shownIndex + 1
    let isTooSlow = carried.map { $0 >= next } ?? false
    changeAutomatic {
      $0.late(
        now: sockets.now, of: sockets.ladder.count, to: max(next, carried ?? next),
        isSevere: isTooSlow)
    }
  }

  private func dropChunks() {
    leftOut(sender.positions)
    let dropped = sender.dropChunks()
    for subscription in subscriptions {
      guard subscription.state == .receiving, let first = dropped[subscription.group.channel]
      else { continue }
      subscription.state = .waiting(from: first)
    }
    lower(to: BandwidthEvidence.carried(sockets.averageBandwidths, over: connection?.transmission))
    decoder.skipped(now: sockets.now)
    presence.skipped()
    sockets.countSkip()
  }

  func drained() {
    while let next = sender.sendNext() {
      wrote(next.frame.position, next.frame.count, due: next.due)
    }
  }

  // MARK: Statistics

  func measured() -> SocketDeliveries.Connection {
    SocketDeliveries.Connection(
      state: connection?.transmission, queuedBytes: connection?.queuedBytes ?? 0)
  }

  /// A frame was given to the connection.
  func wrote(_ position: MediaMessage.Position?, _ count: Int, due: MonotonicTime) {
    presence.sent(count)
    guard let position, let rows = sockets.rows else { return }
    let stream = sockets.stream
    if deliveries == nil {
      deliveries = SocketDeliveries(rows, stream: stream.name, viewer: presence.viewer)
    }
    deliveries?.wrote(
      position, count, due: due, now: sockets.now, stream.media?.names, presence.figures,
      measured)
  }

  /// Chunks were not sent, because the client was too slow.
  func leftOut(_ positions: @autoclosure () -> [MediaMessage.Position]) {
    guard deliveries != nil else { return }
    for position in positions() { deliveries?.dropped(position) }
  }

  /// The client gets nothing more.
  func saveDeliveries() { deliveries?.close(presence.figures, sockets.now) }
}
