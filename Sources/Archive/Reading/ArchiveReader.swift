// SPDX-License-Identifier: Apache-2.0

import Sharing
import System
package import Time

/// Reads the archive of one stream.
///
/// Each call may block for as long as the disk does: for threads of a ``ReaderPool`` only.
package final class ArchiveReader: Sendable {
  /// The media that a reader finds.
  enum Reach: Sendable {
    /// Those of the disk.
    case disk
    /// Those of the object store too, for which ``ArchiveFailure/stored`` is thrown.
    case known
    /// Those of the object store too, by requests.
    case store(StoreReader)
  }

  let catalog: StreamCatalog
  private let reach: Reach
  /// The rows that the readers of all streams keep.
  let caches: RowCaches
  /// The CMAF headers that were read, by rendition and hash.
  let headers = Locked<[String: SharedBytes]>([:])

  /// The events of segments that were read.
  let events = Locked(KeptEvents())

  /// The most CMAF headers that are kept.
  static let maximumHeaders = 64
  /// The use of hours without a file.
  private static let noFile = HourUse()
  /// The most segments of one answer.
  static let maximumRows: Int64 = 200_000

  /// A reader of the media that `catalog` has on the disk.
  package convenience init(_ catalog: StreamCatalog) { self.init(catalog, .disk) }

  /// A reader of the media in `catalog`.
  init(_ catalog: StreamCatalog, _ reach: Reach, caches: RowCaches = RowCaches()) {
    self.catalog = catalog
    self.caches = caches
    self.reach = reach
  }

  /// Whether media that only the object store has is found.
  var findsStored: Bool { if case .disk = reach { false } else { true } }

  /// The objects of a rendition.
  func objects(of rendition: String) throws(ArchiveFailure) -> StoredObjects {
    guard case .store(let store) = reach else { throw .stored }
    return StoredObjects(reader: store, catalog: catalog, rendition: rendition)
  }

  /// The segments of a rendition with numbers of a span, in their order; if `onDisk`, without those
  /// that only the object store has.
  package func segments(
    _ numbers: ClosedRange<Int64>, of rendition: String, onDisk: Bool = false
  ) throws(ArchiveFailure) -> [ArchivedSegment] {
    guard numbers.upperBound.subtractingSaturated(numbers.lowerBound) < Self.maximumRows else {
      throw .missing
    }
    return try segments(of: rendition) { summary in
      (summary.first...max(summary.first, summary.last)).overlaps(numbers)
    } hasHour: { hour in
      !onDisk && hour.spans.spans.contains { $0.numbers.overlaps(numbers) }
    } with: { rows, _ in
      SegmentRow.rows(rows, with: numbers)
    }
  }

  /// The segments of a rendition with media of a span, at most a day, in their order.
  package func segments(
    during span: Range<WallTime>, of rendition: String
  ) throws(ArchiveFailure) -> [ArchivedSegment] {
    guard span.upperBound - span.lowerBound <= .seconds(86_400) else { throw .missing }
    func overlaps(_ start: WallTime, _ end: WallTime) -> Bool {
      start < span.upperBound && span.lowerBound < end
    }
    // A clock that was set back leads to files whose first segment is not the earliest.
    let margin = Interval.seconds(3600)
    let limit = TrackObjects.Hour.latestStart(ArchiveClock.wallTime)
    return try segments(of: rendition) { summary in
      summary.start <= limit && overlaps(summary.start - margin, summary.end + margin)
    } hasHour: { hour in
      hour.spans.spans.contains { overlaps($0.start, $0.end) }
    } with: { rows, timescale in
      rows.filter { overlaps($0.start, $0.end(timescale: timescale)) }[...]
    }
  }

  /// The segments of files that `hasFile` accepts, of hours in the store that `hasHour` accepts,
  /// and that `chosen` returns, in their order.
  private func segments(
    of rendition: String, hasFile: (HourIndex.Summary) -> Bool, hasHour: (StoredHour) -> Bool,
    with chosen: ([SegmentRow], _ timescale: Int) -> ArraySlice<SegmentRow>
  ) throws(ArchiveFailure) -> [ArchivedSegment] {
    let found = try find(rendition, hasFile: hasFile, hasHour: hasHour, with: chosen)
    var all: [ArchivedSegment] = []
    for hour in found.stored { all += try segments(of: hour, rendition, with: chosen) }
    for file in found.files {
      try ArchiveClient.check()
      var rows = caches.rows.rows(file)?.rows
      if rows == nil {
        do throws(SystemError) { rows = try file.read() } catch {
          // Removed since then, or unreadable: the other files have their answers.
          continue
        }
        caches.rows.keep(rows ?? [], timescale: file.summary.timescale, of: file)
      }
      all += chosen(rows ?? [], file.summary.timescale).map(file.segment)
    }
    all = found.visible(all, of: rendition)
    all.sort { $0.number < $1.number }
    // Two files of an hour may have the same number after an outage: the earlier file has it.
    var last: Int64 = -1
    return all.filter { segment in
      defer { last = max(last, segment.number) }
      return segment.number > last
    }
  }

  private func find(
    _ rendition: String, hasFile: (HourIndex.Summary) -> Bool,
    hasHour: (StoredHour) -> Bool = { _ in false },
    with chosen: ([SegmentRow], _ timescale: Int) -> ArraySlice<SegmentRow>
  ) throws(ArchiveFailure) -> Found {
    let folder = catalog.folder(of: rendition)
    let found = catalog.update { state -> Found? in
      guard state.isLoaded else { return nil }
      var found = state.found(rendition, in: folder, hasFile: hasFile, with: chosen)
      if findsStored { found.stored = state.stored(rendition).filter(hasHour) }
      return found
    }
    guard let found else { throw .busy }
    return found
  }

  /// The segments of an hour that only the object store has.
  private func segments(
    of hour: StoredHour, _ rendition: String,
    with chosen: ([SegmentRow], _ timescale: Int) -> ArraySlice<SegmentRow>
  ) throws(ArchiveFailure) -> [ArchivedSegment] {
    let objects = try objects(of: rendition)
    let folder = catalog.folder(of: rendition)
    let key = RowCache.Key(
      folder: folder, name: hour.name, summary: hour.summary, use: Self.noFile,
      spans: hour.spans)
    var known = caches.rows.rows(key)
    if known == nil {
      let read: (rows: [SegmentRow], timescale: Int)
      do throws(ArchiveFailure) { read = try objects.rows(of: hour) } catch {
        // Others have removed it from the store.
        guard error == .missing else { throw error }
        return []
      }
      caches.rows.keep(read.rows, timescale: read.timescale, of: key)
      known = RowCache.Rows(rows: read.rows, timescale: read.timescale)
    }
    guard let known else { return [] }
    return chosen(known.rows, known.timescale).map { row in
      ArchivedSegment(
        row: row, name: hour.name, folder: folder, timescale: known.timescale, use: Self.noFile,
        objects: objects)
    }
  }

  /// The segments of one finished file, or of that which is written.
  func rows(
    of name: HourName, _ rendition: String
  ) throws(ArchiveFailure) -> [ArchivedSegment] {
    let summary = try summaries(of: rendition).first { $0.name == name }?.summary
    return try segments(of: rendition) {
      $0 == summary
    } hasHour: {
      $0.name == name
    } with: { rows, _ in
      rows[...]
    }
    .filter { $0.name == name }
  }

  /// The most finished files whose segments with events are read in one call.
  package static let maximumFiles = 24

  /// The segments with events of a rendition, with numbers of a span, in their order.
  ///
  /// The rows of each finished file are read once: of many new ones the newest in this call, the
  /// others in later ones.
  func segmentsWithEvents(
    _ numbers: ClosedRange<Int64>, of rendition: String, files most: Int
  ) throws(ArchiveFailure) -> [ArchivedSegment] {
    func isOf(_ row: SegmentRow) -> Bool { row.hasEvents && numbers.contains(row.number) }
    let found = try find(rendition) { summary in
      (summary.first...max(summary.first, summary.last)).overlaps(numbers)
    } with: { rows, _ in
      rows.filter(isOf)[...]
    }
    var all: [ArchivedSegment] = []
    var left = most
    for file in found.files.reversed() {
      var rows = caches.events.rows(file)?.rows
      if rows == nil {
        guard left > 0 else { break }
        left -= 1
        // Removed since then, or unreadable for the present.
        guard let read = caches.rows.rows(file)?.rows ?? (try? file.read()) else { continue }
        rows = read.filter(\.hasEvents)
        caches.events.keep(rows ?? [], timescale: file.summary.timescale, of: file)
      }
      all += (rows ?? []).filter(isOf).map(file.segment)
    }
    return found.visible(all, of: rendition).sorted { $0.number < $1.number }
  }

  /// The sums of the hours of a rendition.
  func summaries(of rendition: String) throws(ArchiveFailure) -> [TrackObjects.Hour] {
    let found = catalog.read { state -> [TrackObjects.Hour]? in
      guard state.isLoaded else { return nil }
      if findsStored { return state.summaries(of: rendition) }
      let wall = ArchiveClock.wallTime
      return (state.tracks[rendition]?.summaries ?? []).filter { !$0.isAhead(of: wall) }
    }
    guard let found else { throw .busy }
    return found
  }

  /// The media whose removal has not ended.
  var hidden: [RemovedMedia] { catalog.read(\.hidden) }
}

/// The segments of a rendition that a request may need.
private struct Found: Sendable {
  /// The finished files.
  var files: [RowCache.Key] = []
  /// Those of the file that is written.
  var written: [ArchivedSegment] = []
  /// The hours that only the object store has.
  var stored: [StoredHour] = []
  /// The media whose removal has not ended.
  var hidden: [RemovedMedia] = []
  /// The torn segments of files.
  var torn: [HourName: Set<Int64>] = [:]

  /// The segments of finished files and of the open file, without those that an order removes, and
  /// without torn ones.
  func visible(_ finished: [ArchivedSegment], of rendition: String) -> [ArchivedSegment] {
    let segments = finished + written
    guard !hidden.isEmpty || !torn.isEmpty else { return segments }
    return segments.filter { segment in
      torn[segment.name]?.contains(segment.number) != true
        && !hidden.contains { $0.has(segment.row, timescale: segment.timescale, of: rendition) }
    }
  }
}

extension StreamCatalog.State {
  fileprivate mutating func found(
    _ rendition: String, in folder: HourFolder, hasFile: (HourIndex.Summary) -> Bool,
    with chosen: ([SegmentRow], _ timescale: Int) -> ArraySlice<SegmentRow>
  ) -> Found {
    var found = Found(hidden: hidden, torn: tracks[rendition]?.torn ?? [:])
    for (name, summary) in tracks[rendition]?.list ?? [] where hasFile(summary) {
      guard let use = tracks[rendition]?.use(of: name) else { continue }
      found.files.append(RowCache.Key(folder: folder, name: name, summary: summary, use: use))
    }
    if let open = tracks[rendition]?.open {
      // A copy: the writer appends to the rows while the answer is made.
      let rows = Array(chosen(open.rows, open.timescale))
      if !rows.isEmpty, let use = tracks[rendition]?.use(of: open.name) {
        found.written = rows.map {
          ArchivedSegment(
            row: $0, name: open.name, folder: folder, timescale: open.timescale, use: use)
        }
      }
    }
    return found
  }
}
