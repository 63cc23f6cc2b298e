// SPDX-License-Identifier: Apache-2.0

import Time

/// The budget of a client for frames that are expensive and carry no data.
///
/// Pure: the time is an argument.
/// - Source: RFC 9113 §10.5
struct FloodBudget {
  /// The span of one count.
  static let span = Interval.seconds(10)

  /// A kind of frames.
  enum Kind: Int, CaseIterable {
    /// RST_STREAM, and HTTP/2 streams that the server resets after a violation.
    case reset
    case ping
    case settings
    /// Priorities, unknown frames, DATA without bytes, WINDOW_UPDATE without DATA.
    case empty

    /// The maximum number in one span.
    var limit: Int {
      switch self {
      case .reset: 200
      case .ping: 200
      case .settings: 100
      case .empty: 2000
      }
    }

    /// The fault of a client that exceeds the limit.
    var fault: ConnectionFault {
      switch self {
      case .reset: .rapidReset
      case .ping: .pingFlood
      case .settings: .settingsFlood
      case .empty: .emptyFrames
      }
    }
  }

  private var since: MonotonicTime
  private var counts = InlineArray<4, Int32>(repeating: 0)
  private var windowCredit = 0

  init(now: MonotonicTime) { since = now }

  /// Counts a frame; returns the fault if it exceeds the limit.
  mutating func take(_ kind: Kind, now: MonotonicTime) -> ConnectionFault? {
    if now - since >= Self.span {
      since = now
      counts = InlineArray(repeating: 0)
    }
    counts[kind.rawValue] += 1
    return counts[kind.rawValue] > kind.limit ? kind.fault : nil
  }

  /// Permits the two WINDOW_UPDATE frames that answer a DATA frame: stream and connection.
  mutating func sentData() { windowCredit = min(windowCredit + 2, 10_000) }

  /// Counts a WINDOW_UPDATE, unless it answers a DATA frame.
  mutating func takeWindow(now: MonotonicTime) -> ConnectionFault? {
    if windowCredit > 0 {
      windowCredit -= 1
      return nil
    }
    return take(.empty, now: now)
  }
}
