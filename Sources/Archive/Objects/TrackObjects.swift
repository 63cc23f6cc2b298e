// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// The objects of one rendition, those in the store and those to be sent: a pure machine.
///
/// Its memory grows with the hours, not with the segments.
package struct TrackObjects: Sendable, Equatable {
  /// The marks of the hour files, also of removed ones.
  package private(set) var marks: [HourName: HourMark]
  /// The hours of which the store has the index, in their order.
  private(set) var stored: [StoredHour] = []
  /// The marks that differ from their files.
  package private(set) var unsaved: Set<HourName> = []
  /// Segments that the disk cannot read.
  private var unreadable: [SegmentRow] = []
  /// The spans that were removed last: a segment of them may be under way to the store.
  private var removals: [Range<WallTime>] = []
  private static let maximumRemovals = 64
  /// The hour files of which a request was left: something before later segments may be missing.
  private var unsettled: Set<HourName> = []
  /// The segments of an hour file, beside those that the store has, that it may have too: requests
  /// are sent in the order of the segments, and marks are written once per second.
  static let uncertain = 512

  /// An hour file.
  package struct Hour: Sendable {
    /// Its name.
    package let name: HourName
    /// Its sums.
    package let summary: HourIndex.Summary
    /// Whether segments are still added.
    package let isOpen: Bool

    /// The latest start of hours that are no later than the wall clock.
    static func latestStart(_ wall: WallTime) -> WallTime { wall + .seconds(10) }

    /// Whether it is dated after the wall clock: the clock was wrong when it was written, or is.
    func isAhead(of wall: WallTime) -> Bool { !isOpen && summary.start > Self.latestStart(wall) }
  }

  /// A change of the store.
  package enum Request: Sendable, Equatable {
    case header
    case segment(SegmentRow)
    /// The index, with this number of segments.
    case index(Int)
    /// The removal of the segment with this number.
    case removal(Int64)
  }

  /// The state with these marks.
  package init(_ marks: [HourName: HourMark] = [:]) {
    self.marks = marks
    stored = marks.keys.sorted().compactMap { name in marks[name].flatMap { StoredHour(name, $0) } }
  }

  /// Changes a mark.
  private mutating func set(_ mark: HourMark, of name: HourName) {
    marks[name] = mark
    unsaved.insert(name)
    let index = stored.partition { $0.name < name }
    if index < stored.count, stored[index].name == name {
      guard stored[index].spans != mark.spans || mark.indexed == nil else { return }
      stored.remove(at: index)
    }
    if let hour = StoredHour(name, mark) { stored.insert(hour, at: index) }
  }

  /// The first file, oldest first, of which the store lacks something.
  package func next(_ hours: [Hour]) -> HourName? {
    let removal = marks.filter { !$0.value.removed.isEmpty }.keys.min()
    return removal ?? hours.first { !isComplete($0) }?.name
  }

  /// Whether the store has all of a file; for an open one, all its segments.
  package func isComplete(_ hour: Hour) -> Bool {
    guard let mark = marks[hour.name], !unsettled.contains(hour.name) else { return false }
    guard hour.isOpen else { return mark.indexed == hour.summary.count }
    return mark.spans.spans.last?.numbers.upperBound ?? -1 >= hour.summary.last
  }

  /// The time from which on the store lacks media of these files; nil if it has all.
  package func missing(_ hours: [Hour]) -> WallTime? {
    hours.filter { !isComplete($0) }
      .map { max(marks[$0.name]?.spans.spans.last?.end ?? $0.summary.start, $0.summary.start) }
      .min()
  }

  /// The next requests for an hour file, at most `limit` requests, in order.
  ///
  /// - Parameters:
  ///   - name: the file.
  ///   - rows: its segments.
  ///   - isOpen: whether segments are still added.
  ///   - limit: the most requests.
  /// - Returns: removals; then the header and segments in their order; then the index of a finished
  ///   file. Each of these waits for the ones before it.
  package func requests(
    for name: HourName, _ rows: [SegmentRow], isOpen: Bool, limit: Int
  ) -> [Request] {
    let mark = marks[name] ?? HourMark()
    var found: [Request] = []
    for numbers in mark.removed {
      found += numbers.prefix(limit - found.count).map { .removal($0) }
    }
    guard !rows.isEmpty, found.isEmpty else { return found }
    if !mark.hasHeader { found.append(.header) }
    for row in rows where !isSettled(row, mark) {
      guard found.count < limit else { return found }
      found.append(.segment(row))
    }
    if !isOpen, found.isEmpty, mark.indexed != rows.count { found.append(.index(rows.count)) }
    return found
  }

  private func isSettled(_ row: SegmentRow, _ mark: HourMark) -> Bool {
    mark.spans.contains(row.number) || unreadable.contains(row) || span(with: row.number) != nil
  }

  /// Whether an operator has removed a segment since the start of the program.
  func isRemoved(_ row: SegmentRow, timescale: Int) -> Bool {
    let end = row.end(timescale: timescale)
    return removals.contains { row.start < $0.upperBound && $0.lowerBound < end }
  }

  /// All requests for an hour file that are missing are sent from now on.
  mutating func begin(_ name: HourName) { unsettled.remove(name) }

  /// A request for an hour file was not sent, or was refused.
  mutating func left(_ name: HourName) { unsettled.insert(name) }

  /// The store has accepted a request.
  package mutating func done(_ request: Request, of name: HourName, timescale: Int) {
    var mark = marks[name] ?? HourMark()
    switch request {
    case .header: mark.hasHeader = true
    case .segment(let row):
      let (numbers, end) = (row.number...row.number, row.end(timescale: timescale))
      if isRemoved(row, timescale: timescale) {
        if !mark.removed.contains(where: { $0.contains(row.number) }) {
          mark.removed.append(numbers)
        }
      } else {
        mark.spans.add(
          NumberSpans.Span(
            numbers: numbers, start: row.start, end: end,
            startsDiscontinuity: row.startsDiscontinuity))
      }
    case .index(let count): mark.indexed = count
    case .removal(let number):
      mark.removed = NumberRanges.subtracting([number...number], from: mark.removed)
    }
    set(mark, of: name)
  }

  /// The disk cannot read a segment; it is left out until the program starts again.
  package mutating func cannotRead(_ row: SegmentRow) { unreadable.append(row) }

  /// The mark was written to the disk.
  package mutating func saved(_ name: HourName, _ mark: HourMark) {
    if marks[name] == mark { unsaved.remove(name) }
  }

  /// The segments with media of `times` are to be removed from the store.
  ///
  /// - Parameters:
  ///   - times: the span.
  ///   - rows: the segments of the span on the disk, by hour file and in their order. The store may
  ///     have accepted segments that were sent last, without a mark.
  package mutating func remove(in times: Range<WallTime>, _ rows: [HourName: [SegmentRow]] = [:]) {
    removals = removals.suffix(Self.maximumRemovals - 1) + [times]
    for name in Set(marks.keys).union(rows.keys) {
      var mark = marks[name] ?? HourMark()
      let other = (rows[name] ?? []).map(\.number).filter { !mark.spans.contains($0) }
      let numbers =
        mark.spans.remove(in: times)
        + NumberRanges.subtracting(
          mark.removed, from: NumberRanges.joined(other.prefix(Self.uncertain)))
      guard !numbers.isEmpty else { continue }
      mark.removed += numbers
      set(mark, of: name)
    }
  }

  private func span(with number: Int64) -> NumberSpans.Span? {
    for mark in marks.values {
      if let span = mark.spans.span(with: number) { return span }
    }
    return nil
  }

  /// The start of a segment that the store has; nil if it does not have it.
  package func start(of number: Int64) -> WallTime? { span(with: number)?.start(of: number) }

  /// Whether the store has the CMAF header with this hash.
  package func hasHeader(_ hash: String) -> Bool {
    marks.contains { $0.key.headerHash == hash && $0.value.hasHeader }
  }
}
