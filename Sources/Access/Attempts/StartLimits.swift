// SPDX-License-Identifier: Apache-2.0

package import Net
package import Time

/// Decides whether a request may start a stream on demand: a pure state machine.
///
/// Any viewer may start such a stream by one request, and each running stream costs an encoder.
package struct StartLimits: Sendable {
  /// Why a stream is not started.
  package enum Refusal: Sendable, Equatable {
    /// Too many streams run.
    case running
    /// The address has started too many streams in a minute.
    case starts
  }

  private static let interval = Interval.seconds(60)
  /// The maximum number of kept addresses; each has started a stream within the last minute.
  private static let addressLimit = 10_000

  /// The maximum number of streams on demand that run at the same time.
  let running: Int
  /// The maximum number of starts by one address per minute.
  let starts: Int
  private var recent: [PeerAddress: [MonotonicTime]] = [:]

  package init(running: Int, starts: Int) {
    self.running = running
    self.starts = starts
  }

  /// Counts a start, unless it is refused; without an address it has no limit of starts.
  package mutating func start(
    by peer: PeerAddress?, running count: Int, at now: MonotonicTime
  ) -> Refusal? {
    guard count < running else { return .running }
    guard let peer else { return nil }
    if recent.count >= Self.addressLimit {
      recent = recent.filter { $0.value.last.map { now - $0 < Self.interval } ?? false }
    }
    let known = (recent[peer.owner] ?? []).filter { now - $0 < Self.interval }
    guard known.count < starts, recent.count < Self.addressLimit else { return .starts }
    recent[peer.owner] = known + [now]
    return nil
  }
}
