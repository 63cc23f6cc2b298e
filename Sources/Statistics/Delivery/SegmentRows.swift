// SPDX-License-Identifier: Apache-2.0

package import Logging
import Sharing
package import Time

/// The statistics of deliveries: one row for each viewer and segment, written by another thread.
///
/// The parts of a segment become one row, after its last part or 5 s after the newest one. Adding
/// never waits for the disk.
package final class SegmentRows: Sendable {
  private struct Key: Hashable {
    let viewer: UInt64
    let segment: Int64
  }

  private struct Open {
    var row: SegmentRow
    var seenAt: MonotonicTime
  }

  /// The maximum number of segments whose parts are added up.
  package static let capacity = 20_000
  private static let gracePeriod = Interval.seconds(5)
  /// The bytes that a queued row retains, about.
  private static let rowSize = 400

  private let file: LineFile
  private let open = Locked<[Key: Open]>([:])

  /// Rows for a file.
  package init(_ file: LineFile) { self.file = file }

  /// The names of the columns.
  package static var header: String { SegmentRow.header }

  /// The number of rows that were not written.
  package var lostCount: UInt64 { file.lostCount }

  /// Adds a delivery; never blocks.
  package func add(_ row: SegmentRow, endsSegment: Bool, now: MonotonicTime) {
    let key = Key(viewer: row.viewer, segment: row.segment)
    let complete: SegmentRow? = open.withLock { open in
      var whole = row
      if var before = open[key]?.row {
        before.add(row)
        whole = before
      }
      guard !endsSegment, open[key] != nil || open.count < Self.capacity else {
        open[key] = nil
        return whole
      }
      open[key] = Open(row: whole, seenAt: now)
      return nil
    }
    if let complete { write([complete]) }
  }

  /// Writes the rows to which nothing was added for some time, or all rows.
  package func flush(_ now: MonotonicTime, all: Bool = false) {
    let rows = open.withLock { open in
      let old = open.filter { all || now - $0.value.seenAt >= Self.gracePeriod }
      for key in old.keys { open[key] = nil }
      return old.values.map(\.row)
    }
    write(rows.sorted { ($0.asked, $0.segment) < ($1.asked, $1.segment) })
  }

  private func write(_ rows: [SegmentRow]) {
    let offset = SystemClock.wallTime.offset(from: SystemClock.monotonicTime)
    for row in rows { file.append(size: Self.rowSize) { row.text(offset: offset) } }
  }
}
