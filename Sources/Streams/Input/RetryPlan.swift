// SPDX-License-Identifier: Apache-2.0

/// When a source that is away is tried again: a pure state machine.
///
/// Every half second for the first minute, so that who comes back is seen at once; then more and more rarely.
struct RetryPlan: Sendable {
  /// From one try to the next at first, and at most; nanoseconds.
  static var pause: (first: Int64, most: Int64) { (500_000_000, 5_000_000_000) }
  /// The same for who listens: it waits while it listens, and must not miss the sender.
  static var listenerPause: Int64 { 20_000_000 }
  /// The same for who is denied: cameras lock out who often comes with a wrong password.
  static var deniedPause: Int64 { 30_000_000_000 }
  /// A source that is away for longer than this is tried more rarely; nanoseconds.
  static var patience: Int64 { 60_000_000_000 }

  private let isListener: Bool
  private var goneSince: Int64?
  private var pause = RetryPlan.pause.first

  init(isListener: Bool) { self.isListener = isListener }

  /// The source gives pictures.
  mutating func came() {
    goneSince = nil
    pause = Self.pause.first
  }

  /// A try has failed, or the source has gone, at the monotonic time `now`.
  ///
  /// - Returns: when it is tried again.
  mutating func failed(at now: Int64, isDenied: Bool = false) -> Int64 {
    if isDenied { return now + Self.deniedPause }
    if isListener { return now + Self.listenerPause }
    let since = goneSince ?? now
    goneSince = since
    if now - since > Self.patience { pause = min(2 * pause, Self.pause.most) }
    return now + pause
  }
}
