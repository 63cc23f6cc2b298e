// SPDX-License-Identifier: Apache-2.0

package import Sharing
import Time

/// The object that a held request awaits.
package enum HoldKind: Int, Sendable, CaseIterable {
  /// The start of the stream.
  case start
  /// A newer playlist.
  case playlist
  /// A hinted part.
  case part
  /// The first chunk of a segment, or the rest of the open segment.
  case segment
  /// The frame of an instant, or the end of a clip.
  case instant
  /// A newer cue of captions.
  case captions
}

/// The held requests of one loop, by kind.
package struct HoldCounters: Sendable {
  /// The number of requests held now, in the order of `HoldKind.allCases`.
  private var held = [Int](repeating: 0, count: HoldKind.allCases.count)
  /// The hold times of requests that were answered in time, in seconds.
  package private(set) var seconds: [HoldKind: Histogram] = [:]
  /// The number of requests that were not answered in time.
  private(set) var timeouts: [HoldKind: UInt64] = [:]

  /// The number of requests held now.
  package var waiting: [HoldKind: Int] {
    Dictionary(uniqueKeysWithValues: zip(HoldKind.allCases, held).filter { $0.1 != 0 })
  }

  /// Adds `change` to the number of requests held now.
  package mutating func change(_ kind: HoldKind, by change: Int) { held[kind.rawValue] += change }

  /// Held requests were answered after these times.
  package mutating func answered(_ kind: HoldKind, _ times: Histogram) {
    seconds[kind, default: .seconds].add(times)
  }

  /// `count` held requests were not answered in time.
  package mutating func expired(_ kind: HoldKind, _ count: Int = 1) {
    timeouts[kind, default: 0] += UInt64(count)
  }

  /// Adds the counts of another loop.
  package mutating func add(_ other: HoldCounters) {
    for index in held.indices { held[index] += other.held[index] }
    timeouts.merge(other.timeouts, uniquingKeysWith: +)
    for (kind, histogram) in other.seconds { seconds[kind, default: .seconds].add(histogram) }
  }

  /// Writes the series of `/metrics`.
  package func write(to out: inout MetricLines) {
    let all = HoldKind.allCases.map { (labels: [("kind", "\($0)")], value: $0) }
    out.add(
      "streamer_held_requests", "Requests held now.",
      all.map { ($0.labels, Double(held[$0.value.rawValue])) })
    out.add(
      "streamer_hold_seconds", "Hold time of answered requests.",
      histograms: all.filter { [.playlist, .part].contains($0.value) }.map {
        ($0.labels, seconds[$0.value] ?? .seconds)
      })
    out.add(
      "streamer_hold_timeouts_total", "Held requests that timed out.",
      all.map { ($0.labels, Double(timeouts[$0.value] ?? 0)) })
  }
}
