// SPDX-License-Identifier: Apache-2.0

import Sharing
import System
package import Time

/// What the archive of a stream has: written by the thread of its disk, read by all threads.
package final class StreamCatalog: Sendable {
  /// The values under the lock.
  package struct State: Sendable {
    /// The renditions by name.
    package var tracks: [String: TrackCatalog] = [:]
    /// The spans that are never removed.
    package var protected = WallSpans()
    /// The spans whose media an operator has removed: they are not healed.
    package var removed = WallSpans()
    /// The media whose removal has not ended: readers do not see it.
    package var hidden: [RemovedMedia] = []
    /// Rises when spans are removed by an order, and when an hour is healed: what was read before
    /// is out of date.
    package var revision: Int64 = 0
    /// Whether the folder was read.
    package var isLoaded = false
    /// The segments that were written, and that were not.
    package var written: UInt64 = 0, dropped: UInt64 = 0
    /// The segments that were fetched from a twin.
    package var healed: UInt64 = 0
    /// The files that belong to another user.
    package var foreign = 0
    /// Why nothing is written at present.
    package var error: String?
    /// The content of the object store; nil without one.
    package var objects: StreamObjects?
  }

  /// The folder of the stream: `DIR/S`.
  package let folder: String
  /// The folder of the archive; nil without one.
  let root: ArchiveRoot?
  /// The name of the stream.
  var name: String { String(folder.split(separator: "/").last ?? "") }
  /// Held while the marks of the objects are read or written.
  let marksLock = Locked(())
  private let state = Monitor(State())

  /// A catalog that is not loaded yet.
  package init(folder: String, in root: ArchiveRoot? = nil) {
    self.folder = folder
    self.root = root
  }

  /// The folder of a rendition.
  package func folder(of rendition: String) -> HourFolder { HourFolder("\(folder)/\(rendition)") }

  /// Changes the values.
  package func update<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
    state.update { body(&$0) }
  }

  /// Reads the values at once.
  package func read<Result: Sendable>(_ body: (State) -> Result) -> Result {
    state.update { body($0) }
  }

  /// The state for operators.
  package var status: ArchiveStatus { status(at: ArchiveClock.monotonicTime) }

  /// The state for operators at a time.
  package func status(
    at now: MonotonicTime, wall: WallTime = ArchiveClock.wallTime
  ) -> ArchiveStatus {
    // The writer cannot state that the disk does not answer: it waits for the disk.
    let failure = root?.watch.failure(at: now)
    let distance = root?.ageDistance
    return read { state in
      var status = ArchiveStatus()
      status.ageDistance = distance ?? .zero
      (status.written, status.dropped) = (state.written, state.dropped)
      status.error = state.error ?? failure
      status.foreign = state.foreign
      status.healed = state.healed
      status.objects = state.objects.map { ObjectStatus($0, now: ArchiveClock.wallTime) }
      for track in state.tracks.values {
        for size in track.damaged.values { status.bytes += Int64(size) }
        for hour in track.summaries {
          let summary = hour.summary
          status.bytes += Int64(summary.size)
          guard !hour.isAhead(of: wall) else {
            let known = status.ahead ?? summary.start..<summary.start
            status.ahead =
              min(known.lowerBound, summary.start)..<max(known.upperBound, summary.end)
            continue
          }
          status.oldest = min(status.oldest ?? summary.start, summary.start)
          status.newest = max(status.newest ?? summary.end, summary.end)
        }
      }
      return status
    }
  }

  /// The segments of an hour file now; none without the file.
  ///
  /// May block for as long as the disk does.
  func rows(of name: HourName, _ rendition: String) throws(SystemError) -> [SegmentRow] {
    let (open, summary) = read { state in
      let track = state.tracks[rendition]
      return (track?.open?.name == name ? track?.open : nil, track?.files[name])
    }
    guard let summary else { return open?.rows ?? [] }
    return try folder(of: rendition).segments(name, summary, hasFrames: false).map(\.row)
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
  ///
  /// Finished hours that are dated after the wall clock are neither a past nor a present.
  func summaries(
    of rendition: String, wall: WallTime = ArchiveClock.wallTime
  ) -> [TrackObjects.Hour] {
    let stored = stored(rendition).map {
      TrackObjects.Hour(name: $0.name, summary: $0.summary, isOpen: false)
    }
    return (stored + (tracks[rendition]?.summaries ?? [])).filter { !$0.isAhead(of: wall) }
  }

  /// The numbers of the first and of the last segment; nil without any.
  func extent(
    of rendition: String, wall: WallTime = ArchiveClock.wallTime
  ) -> ClosedRange<Int64>? {
    let limit = TrackObjects.Hour.latestStart(wall)
    let stored = stored(rendition).map(\.summary).filter { $0.start <= limit }
    let extent = tracks[rendition]?.extent(until: limit)
    guard let first = stored.map(\.first).min(), let last = stored.map(\.last).max() else {
      return extent
    }
    return min(first, extent?.lowerBound ?? first)...max(first, last, extent?.upperBound ?? last)
  }

  /// Whether the folder was read, and the marks of the objects.
  var isKnown: Bool { isLoaded && objects.map(\.isLoaded) ?? true }

  /// The names of the renditions with media.
  var renditions: [String] {
    Set(tracks.keys).union(objects?.tracks.keys.map(\.self) ?? [])
      .filter { extent(of: $0) != nil }.sorted()
  }
}
