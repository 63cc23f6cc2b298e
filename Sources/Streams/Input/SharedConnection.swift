// SPDX-License-Identifier: Apache-2.0

import Capture
import Scheduling
import Sharing
import Time

/// The connection of a shared input, from its opening to its end, with its standby.
final class SharedConnection: StandbyOwner {
  let address: InputAddress
  let options: InputOptions
  let texts: OnceFlag
  let cancellation: InputCancellation
  private let arrivals = Locked(SilenceLimit())

  /// A link whose calls of libraries `watch` gets; its texts are decoded if `texts` is raised.
  init(_ key: SharedInput.Key, texts: OnceFlag, _ watch: CallWatchdog) {
    self.texts = texts
    cancellation = InputCancellation(watch: watch)
    address = key.address
    options = key.options
  }

  // MARK: The standby

  var silentFrom: MonotonicTime? { arrivals.withLock { $0.silentFrom } }

  var standbyFrom: MonotonicTime? { arrivals.withLock { $0.standbyFrom } }

  var reconnects: Bool { address.kind != .udp }

  func heard(at now: MonotonicTime) { arrivals.withLock { $0.heard(at: now) } }

  func checkSilence(at now: MonotonicTime) {}

  // MARK: Reading

  /// Opens the connection and reads it until it ends.
  ///
  /// - Parameters:
  ///   - standby: opens a second connection beside a silent one.
  ///   - opened: called when it is open; the argument is the connection if it cannot be shared.
  ///     Returns whether it is shared.
  ///   - take: takes a unit.
  ///   - replaced: called when a second connection replaces the first.
  /// - Throws: why it has failed.
  func read(
    _ standby: StandbyConnection, opened: (OpenedConnection?) -> Bool,
    take: (UnitQueue.Entry) -> Void, replaced: () -> Void
  ) throws(InputError) {
    var cancellation = InputCancellation(parent: self.cancellation)
    var connection = try InputConnection(
      address, options: options, texts: texts, cancellation: cancellation)
    guard !connection.isPaced else {
      // Its thread is that of a stream: this connection's end does not cancel it.
      cancellation.follow(InputCancellation())
      _ = opened(OpenedConnection(connection, first: nil, cancellation))
      return
    }
    guard opened(nil) else { return }
    var first: InputUnit?
    while true {
      standby.begin(cancellation)
      let ending: Result<Void, InputError>
      do throws(InputError) {
        ending = .success(try read(&connection, first.take(), standby, take))
      } catch { ending = .failure(error) }
      guard let next = standby.end(), !isStopped, let another = next.take() else {
        return try ending.get()
      }
      arrivals.withLock { $0.disconnect() }
      connection = another
      first = next.first
      cancellation = next.cancellation
      replaced()
    }
  }

  /// Reads units until a connection ends.
  private func read(
    _ connection: inout InputConnection, _ first: InputUnit?, _ standby: StandbyConnection,
    _ take: (UnitQueue.Entry) -> Void
  ) throws(InputError) {
    let decoder = SharedDecoder()
    var (waiting, number, oversized, lost) = (first, UInt64(0), UInt64(0), UInt64(0))
    var noticeCount = 0
    while !isStopped {
      let given = waiting.take()
      guard var unit = if let given { given } else { try connection.nextUnit() } else { return }
      guard let description = connection.description else { continue }
      standby.heard(at: SystemClock.monotonicTime)
      if case .video(var accessUnit) = unit {
        accessUnit.shared = SharedPosition(decoder, number: number)
        number += 1
        unit = .video(accessUnit)
      }
      let (left, missing) = (connection.oversized, connection.lostPackets)
      let notices = connection.notices
      take(
        UnitQueue.Entry(
          unit, description, oversized: left - min(oversized, left),
          lost: missing - min(lost, missing), notices: Array(notices.dropFirst(noticeCount))))
      (oversized, lost, noticeCount) = (left, missing, notices.count)
    }
    throw .cancelled
  }
}
