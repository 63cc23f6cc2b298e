// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// Decides whether a request may start a stream on demand: a pure state machine.
///
/// Any viewer may start such a stream by one request, and each running stream costs an encoder.
package struct StartLimits: Sendable {
  private static let interval = Interval.seconds(60)
  /// The maximum number of kept addresses; each has started a stream within the last minute.
  private static let addressLimit = 10_000

  /// The maximum number of streams on demand that run at the same time.
  let running: Int
  /// The maximum number of starts by one address per minute.
  let starts: Int
  private var recent: [PeerAddress: [MonotonicTime]] = [:]

  /// No limits.
  package static let none = StartLimits(running: .max, starts: .max)

  /// Limits of streams that run, and of starts by one address per minute.
  package init(running: Int, starts: Int) {
    self.running = running
    self.starts = starts
  }

  /// Counts a start, unless it is refused; without an address it has no limit of starts.
  mutating func start(
    by peer: PeerAddress?, running count: Int, at now: MonotonicTime
  ) -> AccessRefusal? {
    guard count < running else { return .tooManyRunning }
    guard let peer else { return nil }
    if recent.count >= Self.addressLimit {
      recent = recent.filter { $0.value.last.map { now - $0 < Self.interval } ?? false }
    }
    let known = (recent[peer.owner] ?? []).filter { now - $0 < Self.interval }
    guard known.count < starts, recent.count < Self.addressLimit else { return .tooManyStarts }
    recent[peer.owner] = known + [now]
    return nil
  }
}
