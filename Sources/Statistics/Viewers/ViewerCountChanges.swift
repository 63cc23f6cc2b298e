// SPDX-License-Identifier: Apache-2.0

package import Time

/// Which numbers of viewers of streams have changed since they were told last: pure.
package struct ViewerCountChanges: Sendable {
  /// A new number.
  package struct Change: Sendable, Equatable {
    package let stream: String
    package let viewers: Int
  }

  /// The least time between two changes of a stream that are told.
  static let interval = Interval.seconds(10)

  private struct Told {
    var viewers = 0
    var at: MonotonicTime?
  }

  private var told: [String: Told] = [:]

  /// No viewers are known.
  package init() {}

  /// Finds the changes to tell now.
  ///
  /// - Parameters:
  ///   - sums: the present viewers.
  ///   - streams: the streams; others are forgotten.
  ///   - now: the time.
  /// - Returns: the changes, in the order of the names of the streams.
  package mutating func changes(
    _ sums: ViewerSums, streams: [String], now: MonotonicTime
  ) -> [Change] {
    var counts: [String: Int] = [:]
    for (key, count) in sums.counts { counts[key.stream, default: 0] += count }
    var kept: [String: Told] = [:]
    var changes: [Change] = []
    for stream in streams.sorted() where kept[stream] == nil {
      var last = told[stream] ?? Told()
      let viewers = counts[stream] ?? 0
      let isDue = last.at.map { now - $0 >= Self.interval } ?? true
      if viewers != last.viewers, isDue {
        last = Told(viewers: viewers, at: now)
        changes.append(Change(stream: stream, viewers: viewers))
      }
      kept[stream] = last
    }
    told = kept
    return changes
  }
}
