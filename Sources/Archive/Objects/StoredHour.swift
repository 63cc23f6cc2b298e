// SPDX-License-Identifier: Apache-2.0

import Time

/// An hour whose media and index the object store has: the disk needs none of its files.
package struct StoredHour: Sendable, Equatable {
  /// The name of its file.
  let name: HourName
  /// Its segments.
  let spans: NumberSpans
  /// The first and the last of them; the bytes and the timescale are unknown.
  let summary: HourIndex.Summary
  /// Known to the readers of this state of the hour.
  let use = HourUse()

  /// An hour; nil if the store lacks its index or header, or has no segment of it any more.
  init?(_ name: HourName, _ mark: HourMark) {
    guard mark.indexed != nil, mark.hasHeader, let first = mark.spans.spans.first,
      let last = mark.spans.spans.last
    else { return nil }
    self.name = name
    spans = mark.spans
    let counts = spans.spans.map { span in
      span.numbers.upperBound.subtractingSaturated(span.numbers.lowerBound).addingSaturated(1)
    }
    summary = HourIndex.Summary(
      first: first.numbers.lowerBound, last: last.numbers.upperBound,
      count: Int(clamping: counts.reduce(Int64(0)) { $0.addingSaturated($1) }),
      start: first.start, end: last.end, size: 0, timescale: 1)
  }
}

extension StoredHour {
  /// Whether both are the same state of an hour.
  package static func == (left: StoredHour, right: StoredHour) -> Bool {
    left.name == right.name && left.spans == right.spans
  }
}

extension StreamCatalog.State {
  /// The hours of a rendition that only the object store has, in their order.
  func stored(_ rendition: String) -> [StoredHour] {
    guard let hours = objects?.tracks[rendition]?.stored, !hours.isEmpty else { return [] }
    guard let track = tracks[rendition] else { return hours }
    return hours.filter { track.files[$0.name] == nil && track.open?.name != $0.name }
  }

  /// The sums of the hours of a rendition on the disk, and of those that only the object store has;
  /// the file that is being written is the last one.
  func summaries(
    of rendition: String
  ) -> [(name: HourName, summary: HourIndex.Summary, isOpen: Bool)] {
    stored(rendition).map { ($0.name, $0.summary, false) } + (tracks[rendition]?.summaries ?? [])
  }

  /// The numbers of the first and of the last segment; nil without any.
  func extent(of rendition: String) -> ClosedRange<Int64>? {
    let stored = stored(rendition).map(\.summary)
    let first = stored.map(\.first).min()
    let last = stored.map(\.last).max()
    let extent = tracks[rendition]?.extent
    guard let first, let last else { return extent }
    return min(first, extent?.lowerBound ?? first)...max(last, extent?.upperBound ?? last)
  }

  /// Whether the folder was read, and the marks of the objects.
  var isKnown: Bool { isLoaded && objects.map(\.isLoaded) ?? true }

  /// The names of the renditions with media.
  var renditions: [String] {
    Set(tracks.keys).union(objects?.tracks.keys.map(\.self) ?? [])
      .filter { extent(of: $0) != nil }.sorted()
  }
}
