// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// The object that a held request awaits.
enum HoldKind: String, Sendable, CaseIterable {
  /// The start of the stream.
  case start
  /// A newer playlist.
  case playlist
  /// A hinted part.
  case part
  /// The first chunk of a segment, or the rest of the open segment.
  case segment
}

/// The held requests of one loop, by kind.
struct HoldCounters: Sendable {
  /// The number of requests held now.
  private(set) var waiting: [HoldKind: Int] = [:]
  /// The hold times of requests that were answered in time, in seconds.
  private(set) var seconds: [HoldKind: Histogram] = [:]
  /// The number of requests that were not answered in time.
  private(set) var timeouts: [HoldKind: UInt64] = [:]

  /// Adds `change` to the number of requests held now.
  mutating func change(_ kind: HoldKind, by change: Int) {
    if change != 0 { waiting[kind, default: 0] += change }
  }

  /// A held request was answered after `interval`.
  mutating func answered(_ kind: HoldKind, after interval: Interval) {
    seconds[kind, default: .seconds].observe(interval.seconds)
  }

  /// `count` held requests were not answered in time.
  mutating func expired(_ kind: HoldKind, _ count: Int = 1) {
    timeouts[kind, default: 0] += UInt64(count)
  }

  /// Adds the counts of another loop.
  mutating func add(_ other: HoldCounters) {
    waiting.merge(other.waiting, uniquingKeysWith: +)
    timeouts.merge(other.timeouts, uniquingKeysWith: +)
    for (kind, histogram) in other.seconds { seconds[kind, default: .seconds].add(histogram) }
  }

  /// Writes the series of `/metrics`.
  func write(to out: inout MetricLines) {
    out.family("streamer_held_requests", "gauge", "Requests held now.")
    for kind in HoldKind.allCases {
      out.sample(
        "streamer_held_requests", [("kind", kind.rawValue)], Double(waiting[kind] ?? 0))
    }
    out.family("streamer_hold_seconds", "histogram", "Hold time of answered requests.")
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
