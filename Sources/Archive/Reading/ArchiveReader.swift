// SPDX-License-Identifier: Apache-2.0

package import CMAF
package import Sharing
import System
import Time

/// Reads the archive of one stream.
///
/// Each call may block for as long as the disk does: for threads of a ``ReaderPool`` only.
package final class ArchiveReader: Sendable {
  private let catalog: StreamCatalog
  private let cache = RowCache()

  /// How long a request waits for the folder to be read, after the start of the program.
  private static let loading = Interval.seconds(3)
  /// The most segments of one answer.
  private static let maximumRows: Int64 = 200_000

  /// A reader of what `catalog` has.
  package init(_ catalog: StreamCatalog) { self.catalog = catalog }

  /// The segments of a rendition with numbers of a span, in their order.
  package func segments(
    _ numbers: ClosedRange<Int64>, of rendition: String
  ) throws(ArchiveFailure) -> [ArchivedSegment] {
    guard numbers.upperBound.subtractingSaturated(numbers.lowerBound) < Self.maximumRows else {
      throw .missing
    }
    let deadline = SystemClock.monotonicTime + Self.loading
    let found = catalog.read(loadedUntil: deadline) { state in
      state.tracks[rendition].map { ($0.files(with: numbers), $0.open?.timescale ?? 1) }
    }
    guard let found else { throw .busy }
    guard let (files, openTimescale) = found else { return [] }
    let folder = catalog.folder(of: rendition)
    var all: [ArchivedSegment] = []
    for (name, summary) in files.finished {
      let key = RowCache.Key(folder: folder, name: name, summary: summary)
      var rows = cache.rows(key)
      if rows == nil {
        do throws(SystemError) {
          rows = try folder.segments(name, summary, hasFrames: false).map(\.row)
        } catch {
          // Removed since then, or unreadable: the other files have their answers.
          continue
        }
        cache.keep(rows ?? [], of: key)
      }
      for row in rows ?? [] where numbers.contains(row.number) {
        all.append(
          ArchivedSegment(row: row, name: name, folder: folder, timescale: summary.timescale))
      }
    }
    if let (name, rows) = files.open {
      all += rows.map {
        ArchivedSegment(row: $0, name: name, folder: folder, timescale: openTimescale)
      }
    }
    all.sort { $0.number < $1.number }
    // Two files of an hour may have the same number after an outage: the earlier file has it.
    var last: Int64 = -1
    return all.filter { segment in
      defer { last = max(last, segment.number) }
      return segment.number > last
    }
  }

  /// The frames of segments, in the order of their numbers.
  package func frames(
    _ numbers: ClosedRange<Int64>, of rendition: String
  ) throws(ArchiveFailure) -> [(segment: ArchivedSegment, frames: [SegmentIndex.Frame])] {
    let segments = try segments(numbers, of: rendition)
    var found: [(ArchivedSegment, [SegmentIndex.Frame])] = []
    var file: (name: HourName, frames: [Int64: [SegmentIndex.Frame]])?
    for segment in segments {
      if file?.name != segment.name {
        let walk: HourWalk?
        do throws(SystemError) { walk = try segment.folder.walk(segment.name) } catch {
          throw .disk("\(error)")
        }
        var frames: [Int64: [SegmentIndex.Frame]] = [:]
        for indexed in walk?.segments ?? [] where numbers.contains(indexed.row.number) {
          frames[indexed.row.number] = indexed.frames
        }
        file = (segment.name, frames)
      }
      guard let frames = file?.frames[segment.number] else { throw .missing }
      found.append((segment, frames))
    }
    return found
  }

  /// Bytes of a segment: positions in it, or all of them.
  package func bytes(
    of segment: ArchivedSegment, _ range: Range<Int>? = nil
  ) throws(ArchiveFailure) -> SharedBytes {
    let range = (range ?? 0..<segment.row.size).clamped(to: 0..<segment.row.size)
    let bytes: SharedBytes?
    do throws(SystemError) {
      let file = try DiskFile(segment.folder.file(segment.name), .reading)
      bytes = try file.shared(at: segment.row.offset + range.lowerBound, count: range.count)
    } catch { throw .disk("\(error)") }
    guard let bytes else { throw .missing }
    return bytes
  }

  /// The CMAF header with this hash; nil if no hour file has it.
  package func header(_ hash: String, of rendition: String) throws(ArchiveFailure) -> SharedBytes? {
    guard HourName.isHash(hash) else { return nil }
    let deadline = SystemClock.monotonicTime + Self.loading
    let names = catalog.read(loadedUntil: deadline) { state -> [HourName] in
      let track = state.tracks[rendition]
      return ((track?.order ?? []) + [track?.open?.name].compactMap(\.self))
        .filter { $0.headerHash == hash }
    }
    guard let names else { throw .busy }
    for name in names.reversed() {
      do throws(SystemError) {
        let file = try DiskFile(catalog.folder(of: rendition).file(name), .reading)
        let head = try FileHead(size: try file.size) { offset, count throws(SystemError) in
          try file.read(at: offset, count: count)
        }
        if let head, let bytes = try file.shared(at: 0, count: head.headerSize) { return bytes }
      } catch { continue }
    }
    return nil
  }
}
