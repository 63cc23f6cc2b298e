// SPDX-License-Identifier: Apache-2.0

import Archive
import DASHPackager
import Media
import Packaging
import Sharing
import Time

/// The Periods of the MPD of the past: runs of segments in the archive and in the window.
///
/// The segments of the archive are read a few hours at a time, each once.
final class PastRuns: Sendable {
  private struct State {
    /// The revision of the archive that the runs have.
    var revision: Int64 = 0
    /// The reach for which they were read.
    var dvr = Interval.zero
    /// The segments of the archive; nil before they are read.
    var archived: SegmentRuns?
    /// Those segments, and the later ones of the window at the last request.
    var joined: SegmentRuns?
    /// The first segment of the stream without slate; nil if no request came in time to see it.
    var start: SegmentRuns.Run?
    /// The runs of an earlier revision.
    var former: SegmentRuns?
    /// When new segments of the archive are read next.
    var nextReading = MonotonicTime.origin
    /// The segments of the other renditions.
    var others: [String: [SegmentSpans.Span]] = [:]
    /// The renditions with the CMAF headers of the past.
    var tracks: [Header: TrackDescription] = [:]

    /// Forgets the runs if segments were removed from the archive, or added to its past, or if
    /// viewers may go back further than before.
    mutating func compare(_ revision: Int64, _ dvr: Interval) {
      defer { self.dvr = dvr }
      guard revision != self.revision || dvr > self.dvr else { return }
      former = joined ?? archived ?? former
      (archived, joined) = (nil, nil)
      nextReading = .origin
      self.revision = revision
    }
  }

  /// A CMAF header of a rendition.
  private struct Header: Hashable, Sendable {
    let rendition: String
    let hash: String
  }

  /// The duration to whole multiples of which the depth is rounded down.
  private static let grid = Interval.seconds(60)
  private static let period = Interval.seconds(10)
  /// The most segments of one reading.
  private static let step: Int64 = 20_000

  private let archive: StreamArchive
  private let segmentation: Segmentation
  /// The windows of the renditions in the MPD, the top rendition first.
  private let windows: [(name: String, window: LiveWindow)]
  /// How far it reaches back, which may change.
  private let dvr: @Sendable () -> Interval
  private let state = Locked(State())

  /// The numbers of the archive, without those of another segment duration.
  var extent: ClosedRange<Int64>? {
    archive.extent(of: top.name) { [segmentation] number, time in
      PastAddress.isTime(time, of: number, segmentation)
    }
  }

  private var top: (name: String, window: LiveWindow) { windows[0] }

  /// The past of a stream with these renditions, the top rendition first; at least one.
  ///
  /// `dvr` is asked for each manifest.
  init(
    _ archive: StreamArchive, _ windows: [(name: String, window: LiveWindow)],
    dvr: @escaping @Sendable () -> Interval
  ) {
    self.archive = archive
    self.windows = windows
    self.dvr = dvr
    segmentation = windows[0].window.segmentation.video
  }

  /// The past of an MPD of `snapshot`; nil before the archive was read.
  func past(before snapshot: WindowSnapshot, now: WallTime) -> ManifestPast? {
    let kept = snapshot.pastSegments(.min ..< .max)
    // The listing of a window lags behind it.
    let window = top.window.snapshot
    let (revision, dvr) = (archive.revision, dvr())
    let extent = extent
    let limit = PastAddress.number(at: now - dvr, segmentation)
    let oldest = max(limit, extent?.lowerBound ?? .min)
    return state.withLock { state -> ManifestPast? in
      state.compare(revision, dvr)
      // The archive may have been opened since the last reading: known runs stay.
      let isUnread = extent != nil && state.joined == nil
      guard var joined = state.archived ?? (isUnread ? nil : SegmentRuns(segmentation)) else {
        return nil
      }
      // The window may have left behind segments that were not in the archive at its last reading.
      if let known = state.joined {
        joined.append(known)
        joined.keepStarts(of: known)
      }
      joined.append(kept)
      if state.start == nil, window.state == .live { state.start = window.startOfStream }
      if let start = state.start { joined.begin(start) }
      joined.removeAll(endingBefore: oldest)
      state.joined = joined
      guard let first = joined.runs.first else { return ManifestPast(depth: .zero) }
      let start = WallTime(
        PastAddress.start(of: max(first.start, oldest), segmentation), plus: first.offset)
      let depth = min(dvr, max(.zero, now - start - segmentation.segmentDuration))
      let runs = snapshot.state == .ended ? joined.runs(from: begin(limit)) : joined.runs
      return ManifestPast(
        depth: (depth.wholeSeconds / Self.grid.wholeSeconds) * Self.grid,
        runs: runs.map { ManifestPast.Run($0, tracks(of: $0, state)) })
    }
  }

  /// The first segment of the minute after that of segment `limit`.
  ///
  /// An MPD of a stream that has ended has no timeShiftBufferDepth: its players begin at its start.
  private func begin(_ limit: Int64) -> Int64 {
    let start = PastAddress.start(of: limit, segmentation) - .origin
    let minute = start.count(of: Self.grid).addingSaturated(1)
    return PastAddress.number(at: .origin + Self.grid * minute, segmentation)
  }

  /// The renditions that the archive has in a run, with their CMAF headers at its start.
  private func tracks(of run: SegmentRuns.Run, _ state: State) -> [TrackDescription] {
    windows.compactMap { name, window in
      guard let hash = hash(of: name, run, state), let newest = window.snapshot.track else {
        return nil
      }
      return window.snapshot.tracks.first { $0.headerHash == hash }
        ?? state.tracks[Header(rendition: name, hash: hash)]
        // The header is not readable: its name may be known to caches.
        ?? newest
    }
  }

  private func hash(of name: String, _ run: SegmentRuns.Run, _ state: State) -> String? {
    if name == top.name { return run.headerHash }
    return state.others[name]?.first {
      $0.numbers.upperBound >= run.start && $0.numbers.lowerBound < run.end
    }?.headerHash
  }

  // MARK: Reading

  /// Reads what the archive has got, and then calls `then`, on any thread.
  func read(now: MonotonicTime, then: @escaping @Sendable () -> Void) {
    // Other requests wait for the same reading.
    ArchiveClient.$current.withValue(ArchiveClient.current?.shared) { readShared(now: now, then) }
  }

  private func readShared(now: MonotonicTime, _ then: @escaping @Sendable () -> Void) {
    let (revision, dvr) = (archive.revision, dvr())
    // An archive that is being opened is asked again by the next request.
    guard let extent else { return then() }
    let kept = top.window.snapshot.segments.first?.number ?? .min
    let next = state.withLock { state -> Int64? in
      state.compare(revision, dvr)
      // The window has left segments behind since the last request.
      let isBehind = state.joined?.end.map { $0 < kept } ?? false
      guard now >= state.nextReading || isBehind else { return nil }
      state.nextReading = now + Self.period
      return state.archived?.end ?? .min
    }
    guard let next else { return then() }
    // Whole hours: runs that begin before have the same start at each reading.
    let hours = (SystemClock.wallTime - dvr).offset(from: WallTime.origin).wholeSeconds / 3600
    let limit = PastAddress.number(
      at: .origin + .seconds(3600) * hours.subtractingSaturated(1), segmentation)
    read(from: max(next, extent.lowerBound, limit), to: extent.upperBound, revision, then)
  }

  private func read(
    from first: Int64, to last: Int64, _ revision: Int64, _ then: @escaping @Sendable () -> Void
  ) {
    // Numbers without a file are skipped: those of two segment durations are far apart.
    guard let first = archive.next(from: first, of: top.name), first <= last else {
      // The archive may have nothing that viewers may see: the window is the past then.
      state.withLock { state in
        guard state.revision == revision, state.archived == nil else { return }
        state.archived = SegmentRuns(segmentation)
      }
      return readOthers(then)
    }
    let end = min(last, first.addingSaturated(Self.step - 1))
    archive.outline(first...end, of: top.name) { [self] result in
      guard case .success(let segments) = result else { return then() }
      state.withLock { state in
        // Those of an earlier revision may be removed meanwhile.
        guard state.revision == revision else { return }
        let isFirst = state.archived == nil
        var runs = state.archived ?? SegmentRuns(segmentation)
        let timed = segments.lazy.filter { [segmentation] in
          PastAddress.isTime($0.start, of: $0.number, segmentation)
        }
        runs.append(timed.map { PastSegment($0) })
        if isFirst, let former = state.former { runs.keepStart(of: former) }
        state.archived = runs
      }
      read(from: end.addingSaturated(1), to: last, revision, then)
    }
  }

  /// Reads the spans of the other renditions, and the CMAF headers that are not known.
  private func readOthers(_ then: @escaping @Sendable () -> Void) {
    let (runs, known) = state.withLock { ($0.archived?.runs ?? [], Set($0.tracks.keys)) }
    guard let first = runs.first?.start else { return then() }
    let newest = windows.compactMap { name, window in
      window.snapshot.track.map { (name: name, track: $0) }
    }
    let top = top.name
    archive.read { [self] (result: Result<Others, ArchiveFailure>) in
      if case .success(let found) = result {
        state.withLock { state in
          state.others = found.spans
          state.tracks.merge(found.tracks) { _, new in new }
        }
      }
      then()
    } _: { reader throws(ArchiveFailure) in
      let headers = runs.map { Header(rendition: top, hash: $0.headerHash) }
      return try Self.others(
        reader, newest, top: top, from: first, headers: Set(headers), known: known)
    }
  }

  /// What the archive has beside the runs of the top rendition.
  private struct Others: Sendable {
    var spans: [String: [SegmentSpans.Span]] = [:]
    var tracks: [Header: TrackDescription] = [:]
  }

  private static func others(
    _ reader: ArchiveReader, _ newest: [(name: String, track: TrackDescription)], top: String,
    from first: Int64, headers: Set<Header>, known: Set<Header>
  ) throws(ArchiveFailure) -> Others {
    var (others, headers) = (Others(), headers)
    for each in newest where each.name != top {
      let spans = try reader.spans(of: each.name, from: first)
      others.spans[each.name] = spans
      for span in spans { headers.insert(Header(rendition: each.name, hash: span.headerHash)) }
    }
    for header in headers.subtracting(known) {
      guard let track = newest.first(where: { $0.name == header.rendition })?.track else {
        continue
      }
      let read: SharedBytes?
      do throws(ArchiveFailure) {
        read = try reader.header(header.hash, of: header.rendition)
      } catch {
        // An outage of the object store costs nothing but the header.
        guard error != .stored else { throw error }
        continue
      }
      guard let bytes = read else { continue }
      others.tracks[header] =
        header.hash == track.headerHash ? track : track.with(header: bytes.array)
    }
    return others
  }
}
