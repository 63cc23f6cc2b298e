// SPDX-License-Identifier: Apache-2.0

import System
import Time

extension StreamCatalog {
  /// Orders the removal of the objects with media of a span; for the writer's thread.
  ///
  /// The order is in the marks on the disk then: a crash does not lose it.
  ///
  /// - Parameters:
  ///   - span: the span.
  ///   - hours: the hour files that may have media of it.
  /// - Returns: whether the order is on the disk; true without a store.
  func removeObjects(
    in span: Range<WallTime>, _ hours: [(rendition: String, name: HourName)]
  ) -> Bool {
    guard read({ $0.objects != nil }) else { return true }
    _ = loadMarks()
    var rows: [String: [HourName: [SegmentRow]]] = [:]
    for (rendition, name) in hours {
      rows[rendition, default: [:]][name] = segments(of: name, rendition, during: span)
    }
    update { [rows] state in
      for rendition in Set(rows.keys).union(state.objects?.tracks.keys.map(\.self) ?? []) {
        state.objects?.tracks[rendition, default: TrackObjects()]
          .remove(in: span, rows[rendition] ?? [:])
      }
    }
    return saveMarks()
  }

  /// The segments of an hour file with media of a span; none if the disk cannot read them.
  private func segments(
    of name: HourName, _ rendition: String, during span: Range<WallTime>
  ) -> [SegmentRow] {
    let track = read { $0.tracks[rendition] }
    var rows: [SegmentRow] = []
    var timescale = 1
    if let open = track?.open, open.name == name {
      (rows, timescale) = (open.rows, open.timescale)
    } else if let summary = track?.files[name] {
      let found = try? folder(of: rendition).segments(name, summary, hasFrames: false)
      (rows, timescale) = (found?.map(\.row) ?? [], summary.timescale)
    }
    return rows.filter {
      $0.start < span.upperBound && span.lowerBound < $0.end(timescale: timescale)
    }
  }
}
