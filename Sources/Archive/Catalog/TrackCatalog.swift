// SPDX-License-Identifier: Apache-2.0

import System
package import Time

/// The hour files of one rendition: the sums of each, and the segments of the file that is written.
///
/// Its memory grows with the hours, not with the segments.
package struct TrackCatalog: Sendable {
  /// The finished files by name.
  package private(set) var files: [HourName: HourIndex.Summary] = [:]
  /// The same files in the order of their names: each request looks at all of them.
  private(set) var list: [(name: HourName, summary: HourIndex.Summary)] = []
  /// The segments of the file that is being written.
  package private(set) var open: (name: HourName, rows: [SegmentRow], timescale: Int, size: Int)?
  /// The names of finished files in their order.
  package var order: [HourName] { list.map(\.name) }
  /// The bytes of files that are set aside, since they have no CMAF header.
  package var damaged: [HourName: Int] = [:]
  /// The torn segments of files that the disk does not let finish: they are not read.
  private(set) var torn: [HourName: Set<Int64>] = [:]
  /// The files that readers know.
  private(set) var uses: [HourName: HourUse] = [:]

  /// These finished files.
  package init(_ files: [HourName: HourIndex.Summary] = [:]) {
    self.files = files
    list = files.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Adds or replaces a finished file; without sums the file is gone.
  ///
  /// `torn` has the numbers of its segments that are not read.
  package mutating func set(
    _ name: HourName, _ summary: HourIndex.Summary?, torn: Set<Int64> = []
  ) {
    self.torn[name] = summary == nil || torn.isEmpty ? nil : torn
    if open?.name == name { open = nil }
    files[name] = summary
    let index = list.firstIndex { $0.name >= name } ?? list.count
    if index < list.count, list[index].name == name { list.remove(at: index) }
    if let summary { list.insert((name, summary), at: index) }
  }

  /// The use of a file; from now on its writer informs the reader.
  mutating func use(of name: HourName) -> HourUse {
    if let known = uses[name] { return known }
    let use = HourUse()
    uses[name] = use
    return use
  }

  /// Takes out a file that is replaced or overwritten from now on.
  mutating func end(_ name: HourName, _ state: FileLease.State) {
    uses.removeValue(forKey: name)?.lease.end(state)
    set(name, nil)
  }

  /// What readers have opened of a file is cut; they may open it again.
  mutating func revoke(_ name: HourName) {
    uses.removeValue(forKey: name)?.lease.end(.overwritten)
  }

  /// A file is being written.
  package mutating func begin(_ name: HourName, rows: [SegmentRow], timescale: Int, size: Int) {
    set(name, nil)
    open = (name, rows, timescale, size)
  }

  /// A segment was appended to the file that is being written.
  package mutating func add(_ row: SegmentRow) {
    open?.rows.append(row)
    open?.size = row.end
  }

  /// The sums of all files, the one that is being written last.
  package var summaries: [TrackObjects.Hour] {
    var all = list.map { TrackObjects.Hour(name: $0.name, summary: $0.summary, isOpen: false) }
    if let open,
      let summary = HourIndex.Summary(open.rows, size: open.size, timescale: open.timescale)
    {
      all.append(TrackObjects.Hour(name: open.name, summary: summary, isOpen: true))
    }
    return all
  }

  /// Whether a file has the CMAF header with this hash.
  func hasHeader(_ hash: String) -> Bool {
    open?.name.headerHash == hash || list.contains { $0.name.headerHash == hash }
  }

  /// The numbers of the first and of the last segment; nil without any.
  package var extent: ClosedRange<Int64>? { extent(until: .distantFuture) }

  /// The same of finished files that begin no later than `limit`, and of the open one.
  package func extent(until limit: WallTime) -> ClosedRange<Int64>? {
    var range: ClosedRange<Int64>?
    func add(_ first: Int64, _ last: Int64) {
      range = min(range?.lowerBound ?? first, first)...max(range?.upperBound ?? last, last)
    }
    for summary in files.values where summary.start <= limit { add(summary.first, summary.last) }
    if let first = open?.rows.first, let last = open?.rows.last { add(first.number, last.number) }
    return range
  }
}
