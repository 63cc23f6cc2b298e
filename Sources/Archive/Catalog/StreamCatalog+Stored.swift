// SPDX-License-Identifier: Apache-2.0

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
