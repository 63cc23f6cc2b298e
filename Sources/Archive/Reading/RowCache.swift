// SPDX-License-Identifier: Apache-2.0

import Sharing
import System

/// The segments of the hour files of all streams that were read last, without their frames.
///
/// Its memory has a bound that no client exceeds: neither the number of streams nor that of the
/// segments in an hour matters.
final class RowCache: Sendable {
  /// A file, as its sums were when it was read.
  struct Key: Sendable, Equatable {
    let folder: HourFolder
    let name: HourName
    let summary: HourIndex.Summary
    let use: HourUse
    /// The segments of an hour that only the object store has; nil for those of the file.
    var spans: NumberSpans?

    /// The file of a key; another state of it replaces the one before.
    fileprivate var file: File { File(folder: folder, name: name) }

    /// Reads the rows from the index of the file.
    func read() throws(SystemError) -> [SegmentRow] {
      try folder.segments(name, summary, use, hasFrames: false).map(\.row)
    }

    /// A segment of the file.
    func segment(_ row: SegmentRow) -> ArchivedSegment {
      ArchivedSegment(
        row: row, name: name, folder: folder, timescale: summary.timescale, use: use)
    }
  }

  fileprivate struct File: Hashable, Sendable {
    let folder: HourFolder
    let name: HourName
  }

  /// The rows of a file.
  struct Rows: Sendable {
    let rows: [SegmentRow]
    /// Ticks per second of the track.
    let timescale: Int

    /// The rows that it counts as: a file without any is an entry too.
    fileprivate var cost: Int { rows.count + 1 }
  }

  private struct Entry: Sendable {
    let key: Key
    let value: Rows
    var lastUse: UInt64
  }

  private struct State: Sendable {
    var entries: [File: Entry] = [:]
    var count = 0
    var uses: UInt64 = 0

    mutating func remove(_ file: File) {
      guard let entry = entries.removeValue(forKey: file) else { return }
      count -= entry.value.cost  // bounded: it was added with the entry
    }
  }

  /// The most rows, and one for each file: 130 bytes each, with a KID.
  private let limit: Int
  private let state = Locked(State())

  /// The rows that are kept, and one for each file.
  var count: Int { state.withLock(\.count) }

  /// A cache of `limit` rows: by default those of 60 hours of 1-s segments, in 30 MB.
  init(limit: Int = 220_000) { self.limit = limit }

  /// The rows of a file, if they are kept.
  func rows(_ key: Key) -> Rows? {
    state.withLock { state in
      guard state.entries[key.file]?.key == key else { return nil }
      state.uses += 1
      state.entries[key.file]?.lastUse = state.uses
      return state.entries[key.file]?.value
    }
  }

  /// Keeps the rows of a file; the files that were not asked for longest are forgotten.
  ///
  /// A file with more rows than a quarter of the cache is not kept: each request reads it.
  func keep(_ rows: [SegmentRow], timescale: Int, of key: Key) {
    let value = Rows(rows: rows, timescale: timescale)
    state.withLock { state in
      state.remove(key.file)
      guard value.cost <= limit / 4 else { return }
      if state.count + value.cost > limit { makeRoom(for: value.cost, in: &state) }
      state.uses += 1
      state.entries[key.file] = Entry(key: key, value: value, lastUse: state.uses)
      state.count += value.cost
    }
  }

  /// Forgets a quarter of the cache more than necessary, so that few calls sort the files.
  private func makeRoom(for cost: Int, in state: inout State) {
    let oldest = state.entries.sorted { $0.value.lastUse < $1.value.lastUse }
    for (file, _) in oldest {
      guard state.count + cost > limit - limit / 4 else { return }
      state.remove(file)
    }
  }
}

/// The rows that the readers of all streams keep.
package struct RowCaches: Sendable {
  /// The segments of hours.
  let rows = RowCache()
  /// The segments with events: one in many.
  let events = RowCache(limit: 60_000)
  /// The files of responses.
  let files = HourFiles()
}
