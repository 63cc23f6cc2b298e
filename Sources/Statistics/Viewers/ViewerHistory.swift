// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
package import Time

/// The viewers of each stream in the last ten minutes: pure.
package struct ViewerHistory: Sendable {
  /// The interval between two rows.
  package static let interval = Interval.seconds(2)
  /// The maximum number of rows of a stream.
  package static let capacity = 300

  private struct Row {
    let time: WallTime
    let summary: ViewerSummary
    /// New stalls and drops since the row before.
    let stalls: Double
    let drops: Double

    var text: String {
      let delay = summary.delay?.map(ViewerReport.number) ?? Array(repeating: "null", count: 5)
      let values =
        ["\(time.milliseconds)"] + summary.counts.map(String.init) + delay
        + [
          "\(summary.kilobits)", summary.roundTrip.map(ViewerReport.number) ?? "null",
          ViewerReport.number(stalls), ViewerReport.number(drops),
        ]
      return "[\(values.joined(separator: ","))]"
    }
  }

  /// The names of the columns.
  private static let columns =
    ["t"] + ViewerTransport.allCases.map(\.rawValue) + ViewerSummary.delayNames
    + ["kbps", "rtt", "stalls", "drops"]

  /// The numbers of viewers when the newest rows were added; nil before.
  package var sums: ViewerSums?
  private var rows: [String: [Row]] = [:]
  /// Stalls and drops of each present viewer so far.
  private var counted: [UInt64: (stalls: Double, drops: Double)] = [:]

  package init() {}

  /// Adds a row to each stream; streams that no longer exist are forgotten, and rows that are
  /// later than `now` because the clock was set back.
  package mutating func add(_ viewers: [ViewerReport], streams: [String], now: WallTime) {
    let byStream = Dictionary(grouping: viewers, by: \.stream)
    var newest: [UInt64: (stalls: Double, drops: Double)] = [:]
    var kept: [String: [Row]] = [:]
    for stream in streams {
      let present = byStream[stream] ?? []
      var (stalls, drops) = (0.0, 0.0)
      for viewer in present {
        let sum = (
          stalls: viewer.figures.stalls ?? 0,
          drops: (viewer.figures.drops ?? 0)
            + Double(viewer.skips)
        )
        newest[viewer.number] = sum
        // A viewer that is new has no interval yet.
        guard let before = counted[viewer.number] else { continue }
        stalls += max(0, sum.stalls - before.stalls)
        drops += max(0, sum.drops - before.drops)
      }
      var list = rows[stream] ?? []
      while let last = list.last, last.time > now { list.removeLast() }
      if list.count >= Self.capacity { list.removeFirst(list.count - Self.capacity + 1) }
      list.append(
        Row(time: now, summary: ViewerSummary(present), stalls: stalls, drops: drops))
      kept[stream] = list
    }
    rows = kept
    counted = newest
  }

  /// The newest sums of a stream as a JSON object; nil before the first ones.
  package func newest(of stream: String) -> String? {
    rows[stream]?.last?.summary.object.text
  }

  /// The JSON object with the rows of a stream that are newer than `since`, in Unix milliseconds.
  package func text(of stream: String, since: Int64) -> String {
    let names = Self.columns.map { "\"\($0)\"" }.joined(separator: ",")
    let texts = (rows[stream] ?? []).lazy.filter { $0.time.milliseconds > since }.map(\.text)
    return "{\"columns\":[\(names)],\"rows\":[\(texts.joined(separator: ","))]}"
  }
}
