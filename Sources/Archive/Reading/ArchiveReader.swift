// SPDX-License-Identifier: Apache-2.0

package import CMAF
package import Sharing
package import System
package import Time

/// Reads the archive of one stream.
///
/// Each call may block for as long as the disk does: for threads of a ``ReaderPool`` only.
package final class ArchiveReader: Sendable {
  private let catalog: StreamCatalog
  private let cache = RowCache()
  /// The segments with events of the finished files.
  private let eventRows = RowCache(limit: 1024)
  /// The CMAF headers that were read, by rendition and hash.
  private let headers = Locked<[String: SharedBytes]>([:])

  /// The events of segments that were read.
  let events = Locked(KeptEvents())

  /// The most CMAF headers that are kept.
  private static let maximumHeaders = 64
  /// The most segments of one answer.
  static let maximumRows: Int64 = 200_000

  /// A reader of what `catalog` has.
  package init(_ catalog: StreamCatalog) { self.catalog = catalog }

  /// The folder of the stream.
  var folder: String { catalog.folder }

  /// The segments of a rendition with numbers of a span, in their order.
  package func segments(
    _ numbers: ClosedRange<Int64>, of rendition: String
  ) throws(ArchiveFailure) -> [ArchivedSegment] {
    guard numbers.upperBound.subtractingSaturated(numbers.lowerBound) < Self.maximumRows else {
      throw .missing
    }
    return try segments(of: rendition) { summary in
      (summary.first...summary.last).overlaps(numbers)
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
    return try segments(of: rendition) { summary in
      overlaps(summary.start - margin, summary.end + margin)
    } with: { rows, timescale in
      rows.filter { overlaps($0.start, $0.end(timescale: timescale)) }[...]
    }
  }

  /// The segments of files that `hasFile` accepts and that `chosen` returns, in their order.
  private func segments(
    of rendition: String, hasFile: (HourIndex.Summary) -> Bool,
    with chosen: ([SegmentRow], _ timescale: Int) -> ArraySlice<SegmentRow>
  ) throws(ArchiveFailure) -> [ArchivedSegment] {
    let found = catalog.update { state -> Found? in
      guard state.isLoaded else { return nil }
      return state.found(rendition, hasFile: hasFile, with: chosen)
    }
    guard let found else { throw .busy }
    let folder = catalog.folder(of: rendition)
    var all: [ArchivedSegment] = []
    for file in found.files {
      let (name, summary, use) = (file.name, file.summary, file.use)
      let key = RowCache.Key(folder: folder, name: name, summary: summary, use: use)
      var rows = cache.rows(key)
      if rows == nil {
        do throws(SystemError) {
          rows = try folder.segments(name, summary, use, hasFrames: false).map(\.row)
        } catch {
          // Removed since then, or unreadable: the other files have their answers.
          continue
        }
        cache.keep(rows ?? [], of: key)
      }
      for row in chosen(rows ?? [], summary.timescale) {
        all.append(
          ArchivedSegment(
            row: row, name: name, folder: folder, timescale: summary.timescale, use: use))
      }
    }
    all = found.visible(all, folder, of: rendition)
    all.sort { $0.number < $1.number }
    // Two files of an hour may have the same number after an outage: the earlier file has it.
    var last: Int64 = -1
    return all.filter { segment in
      defer { last = max(last, segment.number) }
      return segment.number > last
    }
  }

  /// The segments of one finished file, or of that which is written.
  func rows(
    of name: HourName, _ rendition: String
  ) throws(ArchiveFailure) -> [ArchivedSegment] {
    let summary = try summaries(of: rendition).first { $0.name == name }?.summary
    return try segments(of: rendition) {
      $0 == summary
    } with: { rows, _ in
      rows[...]
    }
    .filter { $0.name == name }
  }

  /// The most finished files whose segments with events are read in one call.
  private static let mostFiles = 24

  /// The segments with events of a rendition, with numbers of a span, in their order.
  ///
  /// The rows of each finished file are read once: of many new ones the newest in this call, the
  /// others in later ones.
  func segmentsWithEvents(
    _ numbers: ClosedRange<Int64>, of rendition: String
  ) throws(ArchiveFailure) -> [ArchivedSegment] {
    func isOf(_ row: SegmentRow) -> Bool { row.hasEvents && numbers.contains(row.number) }
    let found = catalog.update { state -> Found? in
      guard state.isLoaded else { return nil }
      return state.found(rendition) { summary in
        (summary.first...max(summary.first, summary.last)).overlaps(numbers)
      } with: { rows, _ in
        rows.filter(isOf)[...]
      }
    }
    guard let found else { throw .busy }
    let folder = catalog.folder(of: rendition)
    var all: [ArchivedSegment] = []
    var left = Self.mostFiles
    for (name, summary, use) in found.files.reversed() {
      let key = RowCache.Key(folder: folder, name: name, summary: summary, use: use)
      var rows = eventRows.rows(key)
      if rows == nil {
        guard left > 0 else { break }
        left -= 1
        let read =
          cache.rows(key) ?? (try? folder.segments(name, summary, use, hasFrames: false).map(\.row))
        // Removed since then, or unreadable for the present.
        guard let read else { continue }
        rows = read.filter(\.hasEvents)
        eventRows.keep(rows ?? [], of: key)
      }
      for row in rows ?? [] where isOf(row) {
        all.append(
          ArchivedSegment(
            row: row, name: name, folder: folder, timescale: summary.timescale, use: use))
      }
    }
    return found.visible(all, folder, of: rendition).sorted { $0.number < $1.number }
  }

  /// The sums of the files of a rendition.
  func summaries(
    of rendition: String
  ) throws(ArchiveFailure) -> [(name: HourName, summary: HourIndex.Summary, isOpen: Bool)] {
    let found = catalog.read { $0.isLoaded ? $0.tracks[rendition]?.summaries ?? [] : nil }
    guard let found else { throw .busy }
    return found
  }

  /// The media whose removal has not ended.
  var hidden: [RemovedMedia] { catalog.read(\.hidden) }

  /// The frames of segments, in the order of their numbers.
  package func frames(
    _ numbers: ClosedRange<Int64>, of rendition: String
  ) throws(ArchiveFailure) -> [(segment: ArchivedSegment, frames: [SegmentIndex.Frame])] {
    var indices = SegmentIndices()
    var found: [(ArchivedSegment, [SegmentIndex.Frame])] = []
    for segment in try segments(numbers, of: rendition) {
      found.append((segment, try indices.index(of: segment).frames))
    }
    return found
  }

  /// Opens the file of a segment.
  package func file(of segment: ArchivedSegment) throws(ArchiveFailure) -> DiskFile {
    do throws(SystemError) {
      return try DiskFile(
        segment.folder.file(segment.name), .reading, lease: segment.use.lease)
    } catch { throw .disk("\(error)") }
  }

  /// Bytes of a segment: positions in it, or all of them.
  package func bytes(
    of segment: ArchivedSegment, _ range: Range<Int>? = nil
  ) throws(ArchiveFailure) -> SharedBytes {
    let range = (range ?? 0..<segment.row.size).clamped(to: 0..<segment.row.size)
    let bytes: SharedBytes?
    let file = try file(of: segment)
    do throws(SystemError) {
      bytes = try file.shared(at: segment.row.offset + range.lowerBound, count: range.count)
    } catch { throw .disk("\(error)") }
    guard let bytes else { throw .missing }
    return bytes
  }

  /// The CMAF header with this hash; nil if no hour file has it.
  ///
  /// It is the same object for each request, by which decoders know that they may continue.
  package func header(_ hash: String, of rendition: String) throws(ArchiveFailure) -> SharedBytes? {
    guard HourName.isHash(hash) else { return nil }
    let names = catalog.read { state -> [HourName]? in
      guard state.isLoaded else { return nil }
      let track = state.tracks[rendition]
      return ((track?.order ?? []) + [track?.open?.name].compactMap(\.self))
        .filter { $0.headerHash == hash }
    }
    guard let names else { throw .busy }
    let key = "\(rendition)/\(hash)"
    if !names.isEmpty, let known = headers.withLock({ $0[key] }) { return known }
    for name in names.reversed() {
      do throws(SystemError) {
        let file = try DiskFile(catalog.folder(of: rendition).file(name), .reading)
        let head = try FileHead(size: try file.size) { offset, count throws(SystemError) in
          try file.read(at: offset, count: count)
        }
        if let head, let bytes = try file.shared(at: 0, count: head.headerSize) {
          headers.withLock { headers in
            if headers.count >= Self.maximumHeaders { headers = [:] }
            headers[key] = bytes
          }
          return bytes
        }
      } catch { continue }
    }
    return nil
  }
}

/// The files of a rendition with segments of a request.
private struct Found: Sendable {
  struct Open: Sendable {
    let name: HourName
    let rows: [SegmentRow]
    let timescale: Int
    let use: HourUse
  }
  var files: [(name: HourName, summary: HourIndex.Summary, use: HourUse)] = []
  var open: Open?
  /// The media whose removal has not ended.
  var hidden: [RemovedMedia] = []

  /// The segments of finished files and of the open file, without those that an order removes.
  func visible(
    _ finished: [ArchivedSegment], _ folder: HourFolder, of rendition: String
  ) -> [ArchivedSegment] {
    let written = open.map { open in
      open.rows.map {
        ArchivedSegment(
          row: $0, name: open.name, folder: folder, timescale: open.timescale, use: open.use)
      }
    }
    let segments = finished + (written ?? [])
    guard !hidden.isEmpty else { return segments }
    return segments.filter { !hidden.have($0.row, timescale: $0.timescale, of: rendition) }
  }
}

extension StreamCatalog.State {
  fileprivate mutating func found(
    _ rendition: String, hasFile: (HourIndex.Summary) -> Bool,
    with chosen: ([SegmentRow], _ timescale: Int) -> ArraySlice<SegmentRow>
  ) -> Found {
    var found = Found()
    found.hidden = hidden
    let files = tracks[rendition]?.list.filter { hasFile($0.summary) } ?? []
    for (name, summary) in files {
      guard let use = tracks[rendition]?.use(of: name) else { continue }
      found.files.append((name, summary, use))
    }
    if let open = tracks[rendition]?.open {
      // A copy: the writer appends to the rows while the answer is made.
      let rows = Array(chosen(open.rows, open.timescale))
      if !rows.isEmpty, let use = tracks[rendition]?.use(of: open.name) {
        found.open = Found.Open(
          name: open.name, rows: rows, timescale: open.timescale, use: use)
      }
    }
    return found
  }
}
