// SPDX-License-Identifier: Apache-2.0

import Sharing

/// What requests wait for.
enum HoldKind: String, Sendable, CaseIterable {
  /// The stream, which starts.
  case start
  /// A newer playlist.
  case playlist
  /// A part that was announced.
  case part
  /// The rest of a segment, or its beginning.
  case segment
}

/// What one loop counted of the requests that wait, by what they wait for.
struct HoldCounters: Sendable {
  /// How many wait now.
  private(set) var waiting: [HoldKind: Int] = [:]
  /// How long those waited that got what they waited for; seconds.
  private(set) var seconds: [HoldKind: Histogram] = [:]
  /// How many did not get it in time.
  private(set) var timeouts: [HoldKind: UInt64] = [:]

  /// So many more, or less, wait.
  mutating func change(_ kind: HoldKind, by change: Int) {
    if change != 0 { waiting[kind, default: 0] += change }
  }

  /// One got what it waited for, after so many nanoseconds.
  mutating func answered(_ kind: HoldKind, after nanoseconds: Int64) {
    seconds[kind, default: .seconds].observe(Double(nanoseconds) / 1e9)
  }

  /// So many waited in vain.
  mutating func expired(_ kind: HoldKind, _ count: Int = 1) {
    timeouts[kind, default: 0] += UInt64(count)
  }

  /// Adds what another loop counted.
  mutating func add(_ other: HoldCounters) {
    waiting.merge(other.waiting, uniquingKeysWith: +)
    timeouts.merge(other.timeouts, uniquingKeysWith: +)
    for (kind, histogram) in other.seconds { seconds[kind, default: .seconds].add(histogram) }
  }

  /// The families of `/metrics`.
  func write(to out: inout MetricLines) {
    out.family("streamer_held_requests", "gauge", "Requests that wait.")
    for kind in HoldKind.allCases {
      out.sample(
        "streamer_held_requests", [("kind", kind.rawValue)], Double(waiting[kind] ?? 0))
    }
    out.family("streamer_hold_seconds", "histogram", "How long requests were held.")
    for kind in [HoldKind.playlist, .part] {
      out.histogram(
        "streamer_hold_seconds", [("kind", kind.rawValue)], seconds[kind] ?? .seconds)
    }
    out.family("streamer_hold_timeouts_total", "counter", "Held requests that timed out.")
    for kind in HoldKind.allCases {
      out.sample(
        "streamer_hold_timeouts_total", [("kind", kind.rawValue)], Double(timeouts[kind] ?? 0))
    }
  }
}
