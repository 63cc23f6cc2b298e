// SPDX-License-Identifier: Apache-2.0

/// How many frames of the kinds that cost much and carry nothing a peer may send in a while.
///
/// Pure: a clock is handed in.
/// - Source: RFC 9113 §10.5
struct FrameBudget {
  /// The span over which is counted; nanoseconds.
  static let span: Int64 = 10_000_000_000

  /// What is counted.
  enum Kind: Int, CaseIterable {
    /// RST_STREAM, and streams that we must reset since they break the rules.
    case reset
    case ping
    case settings
    /// Priorities, unknown frames, DATA without bytes, windows beyond what was sent.
    case empty

    /// How many are taken in one span.
    var limit: Int {
      switch self {
      case .reset: 200
      case .ping: 200
      case .settings: 100
      case .empty: 2000
      }
    }

    /// What it is called when there are more.
    var fault: ConnectionFault {
      switch self {
      case .reset: .rapidReset
      case .ping: .pingFlood
      case .settings: .settingsFlood
      case .empty: .emptyFrames
      }
    }
  }

  private var since: Int64
  private var counts = InlineArray<4, Int32>(repeating: 0)
  private var windowCredit = 0

  init(now: Int64) { since = now }

  /// Counts a frame; the fault where it is one too many.
  mutating func take(_ kind: Kind, now: Int64) -> ConnectionFault? {
    if now - since >= Self.span {
      since = now
      counts = InlineArray(repeating: 0)
    }
    counts[kind.rawValue] += 1
    return counts[kind.rawValue] > kind.limit ? kind.fault : nil
  }

  /// Allows for the windows that a peer opens for a DATA frame: its stream's and the connection's.
  mutating func sentData() { windowCredit = min(windowCredit + 2, 10_000) }

  /// Counts a WINDOW_UPDATE that answers no DATA frame.
  mutating func takeWindow(now: Int64) -> ConnectionFault? {
    if windowCredit > 0 {
      windowCredit -= 1
      return nil
    }
    return take(.empty, now: now)
  }
}
