// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing
import Time

/// The frames of one client on their way to its connection, and how late they are.
///
/// Confined to the loop's thread.
final class ViewerSender {
  /// What has become of a chunk.
  enum Outcome {
    case written
    case queued
    /// It waits, and the client is so late that the chunks that wait are to be dropped.
    case late
  }

  /// The age of the oldest unsent frame above which chunks are dropped.
  private static let maximumAge = Interval.milliseconds(300)
  /// The age of the oldest frame without acknowledgement, beside a round trip, below which a client
  /// that was late gets media again.
  private static let caughtUpAge = Interval.milliseconds(100)
  /// How often the acknowledgements of a client are looked at, because that costs system calls.
  private static let acknowledgementInterval = Interval.milliseconds(250)

  /// The connection; nil before the upgrade and after the end.
  var connection: WebSocketConnection?
  private var queue = SendQueue()
  private var acknowledgementsReadAt = MonotonicTime.distantPast

  /// Whether everything is given to the kernel.
  var isKeepingUp: Bool { queue.isEmpty && connection?.queuedBytes == 0 }

  /// Bytes that wait here and in the connection.
  var queuedBytes: Int {
    // bounded: both have limits
    queue.byteCount + (connection?.queuedBytes ?? 0)
  }

  /// The memory of the frames that must be sent, and that wait here.
  var waitingBytes: Int { queue.essentialBytes }

  /// The positions of the chunks that wait.
  var positions: [MediaMessage.Position] { queue.positions }

  /// Whether the oldest unsent frame is late by more than 300 ms.
  func isLate(_ now: MonotonicTime) -> Bool {
    queue.lateness(unsent: connection?.unsentBytes ?? 0, now: now) > Self.maximumAge
  }

  /// Whether a client that was late has everything that was sent to it.
  ///
  /// Media for a client that is late still would only be dropped again.
  func hasCaughtUp(_ now: MonotonicTime) -> Bool {
    guard isKeepingUp else { return false }
    return isAcknowledged(within: Self.caughtUpAge, now) ?? true
  }

  /// Whether the oldest frame without acknowledgement is late by at most `age` and a round trip;
  /// nil if the connection does not say.
  private func isAcknowledged(within age: Interval, _ now: MonotonicTime) -> Bool? {
    guard let connection, let state = connection.transmission else { return nil }
    // bounded: the kernel's buffer
    let unacknowledged = connection.queuedBytes + state.unacknowledged
    return queue.lateness(unsent: unacknowledged, now: now) <= age + state.minimumRoundTrip
  }

  /// Whether the oldest frame without acknowledgement is late by more than 300 ms and a round trip.
  ///
  /// The kernel and queues in the network take seconds of media before a connection is full.
  private func acknowledgesLate(_ now: MonotonicTime) -> Bool {
    guard now - acknowledgementsReadAt >= Self.acknowledgementInterval else { return false }
    acknowledgementsReadAt = now
    return isAcknowledged(within: Self.maximumAge, now) == false
  }

  /// Sends a chunk, or keeps it behind the frames that wait; nil if the connection has ended.
  func send(_ message: MediaMessage, due: MonotonicTime, now: MonotonicTime) -> Outcome? {
    guard let connection, connection.isOpen else { return nil }
    let acknowledgesLate = acknowledgesLate(now)
    if !acknowledgesLate, queue.isEmpty, connection.queuedBytes == 0 {
      queue.wrote(message.count, due: due)
      connection.send(message.head, message.payload)
      return .written
    }
    queue.append(OutgoingFrame(message), due: due)
    return acknowledgesLate || isLate(now) || queue.isFull(adding: 0) ? .late : .queued
  }

  /// Sends a frame that must not be dropped, or keeps it behind the frames that wait.
  ///
  /// - Returns: whether it was given to the connection.
  func send(essential frame: OutgoingFrame, due: MonotonicTime) -> Bool {
    guard isKeepingUp else {
      queue.append(frame, due: due)
      return false
    }
    write(frame, due: due)
    return true
  }

  /// Sends the oldest frame that waits, if the connection has sent those before.
  ///
  /// - Returns: the frame, and when it was due.
  func sendNext() -> (frame: OutgoingFrame, due: MonotonicTime)? {
    guard connection?.queuedBytes == 0, let next = queue.removeFirst() else { return nil }
    write(next.frame, due: next.due)
    return next
  }

  private func write(_ frame: OutgoingFrame, due: MonotonicTime) {
    queue.wrote(frame.count, due: due)
    if let payload = frame.payload {
      connection?.send(frame.head, payload)
    } else {
      connection?.send(frame.head)
    }
  }

  /// Drops the chunks that wait, and returns for each group the number of its oldest one.
  func dropChunks() -> [UInt16: UInt32] { queue.dropChunks() }
}
