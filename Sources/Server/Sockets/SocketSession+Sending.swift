// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing
import Time

/// What is sent to the client, and what is dropped if the client is too slow.
extension SocketSession {
  /// The age of the oldest unsent frame above which chunks are dropped.
  private static let longestAge = Interval.milliseconds(300)
  /// The age of the oldest frame without acknowledgement, beside a round trip, below which a client
  /// that was late gets media again.
  private static let caughtUpAge = Interval.milliseconds(100)
  /// How often the acknowledgements of a client are looked at, because that costs system calls.
  private static let acknowledgementInterval = Interval.milliseconds(250)

  /// Whether the oldest unsent frame is late by more than 300 ms.
  func isLate(_ now: MonotonicTime) -> Bool {
    queue.lateness(unsent: connection?.unsentBytes ?? 0, now: now) > Self.longestAge
  }

  /// Whether a client that was late has everything that was sent to it.
  ///
  /// Media for a client that is late still would only be dropped again.
  func hasCaughtUp(_ now: MonotonicTime) -> Bool {
    guard isKeepingUp else { return false }
    guard let connection, let state = connection.transmission else { return true }
    // bounded: the kernel's buffer
    let unacknowledged = connection.queuedBytes + state.unacknowledged
    let lateness = queue.lateness(unsent: unacknowledged, now: now)
    return lateness <= Self.caughtUpAge + state.shortestRoundTrip
  }

  /// Sends a control message at once.
  func send(_ frame: SharedBytes) { connection?.send(frame) }

  /// Whether everything is given to the kernel.
  var isKeepingUp: Bool { queue.isEmpty && connection?.queuedBytes == 0 }

  /// Bytes that wait here and in the connection.
  var queuedBytes: Int {
    // bounded: both have limits
    queue.byteCount + (connection?.queuedBytes ?? 0)
  }

  /// The memory of the frames that must be sent, and that wait here.
  var waitingBytes: Int { queue.essentialBytes }

  /// Sends a frame that must not be dropped, after the frames that wait.
  func send(essential frame: OutgoingFrame) {
    if isKeepingUp { write(frame, due: sockets.now) } else { queue.append(frame, due: sockets.now) }
  }

  /// Sends a chunk, or drops it and the chunks that wait if the client is too slow.
  func send(_ message: MediaMessage, due: MonotonicTime, now: MonotonicTime) {
    guard let connection, connection.isOpen else { return }
    let acknowledgesLate = acknowledgesLate(connection, now)
    if !acknowledgesLate, queue.isEmpty, connection.queuedBytes == 0 {
      queue.wrote(message.count, due: due)
      presence.sent(message.count)
      connection.send(message.head, message.payload)
      return wrote(message.position, message.count, due: due)
    }
    queue.append(OutgoingFrame(message), due: due)
    if acknowledgesLate || isLate(now) || queue.isFull(adding: 0) { dropChunks() }
  }

  /// Whether the oldest frame without acknowledgement is late by more than 300 ms and a round trip.
  ///
  /// The kernel and queues in the network take seconds of media before a connection is full.
  private func acknowledgesLate(_ connection: WebSocketConnection, _ now: MonotonicTime) -> Bool {
    guard now - acknowledgementsReadAt >= Self.acknowledgementInterval else { return false }
    acknowledgementsReadAt = now
    guard let state = connection.transmission else { return false }
    // bounded: the kernel's buffer
    let unacknowledged = connection.queuedBytes + state.unacknowledged
    let lateness = queue.lateness(unsent: unacknowledged, now: now)
    return lateness > Self.longestAge + state.shortestRoundTrip
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
      !subscriptions.isEmpty, isKeepingUp,
      let bandwidth = sockets.bandwidth(at: automatic.index - 1)
    else { return }
    switch RaiseEvidence(connection?.transmission, bandwidth: bandwidth) {
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
    if deliveries != nil { for position in queue.positions { deliveries?.dropped(position) } }
    let dropped = queue.dropChunks()
    for subscription in subscriptions {
      guard subscription.state == .receiving, let first = dropped[subscription.group.channel]
      else { continue }
      subscription.state = .waiting(from: first)
    }
    lower(to: CarriedRendition.index(sockets.averageBandwidths, over: connection?.transmission))
    decoder.skipped(now: sockets.now)
    presence.skipped()
    sockets.countSkip()
  }

  private func write(_ frame: OutgoingFrame, due: MonotonicTime) {
    queue.wrote(frame.count, due: due)
    presence.sent(frame.count)
    if let payload = frame.payload {
      connection?.send(frame.head, payload)
    } else {
      connection?.send(frame.head)
    }
    wrote(frame.position, frame.count, due: due)
  }

  func drained() {
    while connection?.queuedBytes == 0, let next = queue.removeFirst() {
      write(next.frame, due: next.due)
    }
  }
}
