// SPDX-License-Identifier: Apache-2.0

import System
import Time

/// Chooses the hour file of which objects are put next, and reads its rows.
///
/// An hour that the disk cannot read is passed over for a minute: the later ones are put. Confined
/// to one thread; the memory is that of the rows of a few hours.
struct ObjectHours {
  /// The requests for one hour file.
  struct Turn {
    let name: HourName
    let requests: [TrackObjects.Request]
    let timescale: Int
  }

  /// How long an hour is passed over.
  static let pause = Interval.seconds(60)
  /// The most requests of a turn.
  private static let limit = 32
  /// The finished hours whose rows are kept.
  private static let keptHours = 8

  /// The rows of the finished hours that are being put, the newest last.
  private var kept: [(file: String, summary: HourIndex.Summary, rows: [SegmentRow])] = []
  /// The paths of hours that are passed over, and until when.
  private var passed: [String: MonotonicTime] = [:]

  /// The next requests for a rendition; nil if there is nothing to be sent now.
  mutating func next(
    _ track: TrackCatalog?, _ objects: TrackObjects, in folder: HourFolder, now: MonotonicTime
  ) -> Turn? {
    passed = passed.filter { $0.value > now }
    var hours = (track?.summaries ?? []).filter { passed[folder.file($0.name)] == nil }
    while let name = objects.next(hours) {
      let hour = hours.first { $0.name == name }
      let isOpen = hour?.isOpen ?? false
      let rows =
        isOpen ? track?.open?.rows : hour.map { finishedRows(folder, $0, track) } ?? []
      if let rows {
        let requests = objects.requests(for: name, rows, isOpen: isOpen, limit: Self.limit)
        if !requests.isEmpty {
          return Turn(
            name: name, requests: requests, timescale: hour?.summary.timescale ?? 1)
        }
      }
      guard hour != nil else { return nil }
      pass(name, in: folder, now: now)
      hours.removeAll { $0.name == name }
    }
    return nil
  }

  /// The disk has refused to read an hour.
  mutating func pass(_ name: HourName, in folder: HourFolder, now: MonotonicTime) {
    passed[folder.file(name)] = now + Self.pause
  }

  /// The rows of a finished hour; nil if the disk cannot read them now.
  private mutating func finishedRows(
    _ folder: HourFolder, _ hour: TrackObjects.Hour, _ track: TrackCatalog?
  ) -> [SegmentRow]? {
    guard track?.torn[hour.name] == nil else { return nil }
    let path = folder.file(hour.name)
    if let known = kept.first(where: { $0.file == path && $0.summary == hour.summary }) {
      return known.rows
    }
    // A damaged index is reported to the writer, if readers know the file.
    let use = track?.uses[hour.name]
    guard let found = try? folder.segments(hour.name, hour.summary, use, hasFrames: false) else {
      return nil
    }
    let rows = found.map(\.row)
    kept.removeAll { $0.file == path }
    kept = kept.suffix(Self.keptHours - 1) + [(path, hour.summary, rows)]
    return rows
  }
}
