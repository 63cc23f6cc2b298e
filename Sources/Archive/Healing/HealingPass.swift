// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Media
import Sharing
import System
import Time

/// Looks for missing segments of one stream, and fetches one batch of them at a time.
///
/// Confined to one thread, which waits for the disk and for the twins.
struct HealingPass {
  /// A track that is healed.
  private struct Track {
    let name: String
    let segmentation: TrackSegmentation
  }

  /// Where the segments of a batch are listed.
  private struct Listed {
    let twin: Int
    let entry: TwinPlaylist.Entry
  }

  /// The largest playlist, and the largest header.
  private static let limits = (playlist: 4 << 20, header: FileHead.headerLimit)
  /// How long a batch may take until its segments are inserted.
  private static let batchLimit = Interval.seconds(300)

  private let archive: HealedArchive
  private let reader: ArchiveReader
  private let twins: [any Twin]
  private let log: Log
  /// Waits until a time; true if the healing is to end.
  private let isCancelled: (MonotonicTime) -> Bool
  private var healing: Healing
  /// The numbers of finished files with gaps.
  private var known: [String: [HourName: (HourIndex.Summary, [ClosedRange<Int64>])]] = [:]
  private var reportedFailure: String?

  init(
    _ archive: HealedArchive, _ twins: [any Twin], _ log: Log,
    isCancelled: @escaping (MonotonicTime) -> Bool
  ) {
    self.archive = archive
    self.twins = twins
    self.log = log
    self.isCancelled = isCancelled
    reader = ArchiveReader(archive.catalog)
    healing = Healing(twins: twins.count)
  }

  /// Looks for holes, and heals the first batch of them.
  mutating func run() {
    let segmentations = archive.segmentations()
    guard archive.catalog.read(\.isLoaded) else { return }
    let removed = archive.catalog.read(\.removed)
    var holes: [Healing.Hole] = []
    let time = SystemClock.wallTime
    for (name, segmentation) in segmentations where !segmentation.hasVariableDuration {
      // A hole may begin long before, and end in the future if the clock was set back.
      let reach = numbers(of: (time - Healing.lookBack)..<time, segmentation)
      let gaps = NumberRanges.subtracting(
        removed.spans.map { numbers(of: $0, segmentation) },
        from: NumberRanges.clamped(NumberRanges.gaps(between: numbers(of: name)), to: reach))
      holes += gaps.map { Healing.Hole(name, $0) }
    }
    guard let hole = healing.next(holes, now: SystemClock.monotonicTime),
      let segmentation = segmentations[hole.rendition]
    else { return }
    heal(hole, Track(name: hole.rendition, segmentation: segmentation), removed)
  }

  // MARK: Holes

  /// The numbers that a rendition has, in ranges.
  private mutating func numbers(of rendition: String) -> [ClosedRange<Int64>] {
    let since = SystemClock.wallTime - Healing.lookBack
    let (files, open) = archive.catalog.read { state in
      let track = state.tracks[rendition]
      return (
        (track?.files ?? [:]).filter { $0.value.end > since },
        NumberRanges.joined((track?.open?.rows ?? []).lazy.map(\.number))
      )
    }
    var ranges = open
    var found: [HourName: (HourIndex.Summary, [ClosedRange<Int64>])] = [:]
    for (name, summary) in files {
      // bounded: numbers are below 2^48
      if Int64(summary.count) == summary.last - summary.first + 1 {
        ranges.append(summary.first...summary.last)
        continue
      }
      var entry = known[rendition]?[name]
      if entry?.0 != summary {
        let rows = try? archive.catalog.folder(of: rendition)
          .segments(name, summary, hasFrames: false)
        entry = (summary, NumberRanges.joined((rows ?? []).lazy.map(\.row.number)))
      }
      found[name] = entry
      // Without rows the file counts as whole.
      let own = entry?.1 ?? []
      ranges += own.isEmpty ? [summary.first...summary.last] : own
    }
    known[rendition] = found
    return ranges
  }

  /// The numbers with media of a removed span, and those beside them.
  private func numbers(
    of span: Range<WallTime>, _ segmentation: TrackSegmentation
  ) -> ClosedRange<Int64> {
    func number(_ time: WallTime) -> Int64 {
      segmentation.segment(of: segmentation.frame(at: MediaTime(time, plus: .zero)))
    }
    let first = number(span.lowerBound).subtractingSaturated(1)
    return first...max(first, number(span.upperBound).addingSaturated(1))
  }

  // MARK: Requests

  private mutating func heal(_ hole: Healing.Hole, _ track: Track, _ removed: WallSpans) {
    let listed = list(hole)
    let absent = hole.numbers.lazy.filter { listed.found[$0] == nil }
    if listed.isComplete {
      for range in NumberRanges.joined(absent) {
        healing.absent(Healing.Hole(hole.rendition, range), now: SystemClock.monotonicTime)
      }
    }
    guard !listed.found.isEmpty, let before = neighbour(of: hole) else { return }
    var merges: [HourName: HourMerge] = [:]
    var sources: [HourName: Set<Int>] = [:]
    var headers: [String: [UInt8]] = [:]
    var lastHash = before.headerHash
    let deadline = SystemClock.monotonicTime + Self.batchLimit
    do {
      for number in listed.found.keys.sorted() where SystemClock.monotonicTime < deadline {
        guard let source = listed.found[number] else { continue }
        let hash = source.entry.headerHash
        guard let segment = fetch(number, source, track, before, lastHash, &headers)
        else {
          if !healing.mayAsk(source.twin, now: SystemClock.monotonicTime) { break }
          continue
        }
        guard let header = headers[hash] else { continue }
        let media = Interval(
          ticks: segment.decodeTime, timescale: Int64(track.segmentation.timescale))
        let start = WallTime(nanoseconds: (media + before.offset).nanoseconds)
        let name = HourName(
          at: start, headerHash: hash, isAudio: track.segmentation.isAudio)
        let merge = try merges[name] ?? begin(name, track, header)
        merges[name] = merge
        try checkSpace(for: Int64(segment.bytes.count))
        try merge.add(segment, offset: before.offset)
        sources[name, default: []].insert(source.twin)
        lastHash = hash
      }
    } catch {
      for merge in merges.values { discard(merge, removed) }
      healing.absent(hole, now: SystemClock.monotonicTime)
      return hasEnded ? () : report("\(error)")
    }
    for (name, merge) in merges.sorted(by: { $0.key < $1.key }) {
      if !insert(merge, track, removed, from: sources[name] ?? []) {
        healing.absent(hole, now: SystemClock.monotonicTime)
      }
    }
  }

  /// Puts a draft into the place of its hour file.
  ///
  /// - Returns: whether it is there.
  private mutating func insert(
    _ merge: HourMerge, _ track: Track, _ removed: WallSpans, from sources: Set<Int>
  ) -> Bool {
    guard merge.count > 0, !hasEnded else {
      discard(merge, removed)
      return false
    }
    let failure = HourInsertion.insert(
      merge, of: track.name, archive, removed: removed, isCancelled: { hasEnded })
    if let failure {
      discard(merge, removed)
      if !hasEnded { report(failure) }
      return false
    }
    reportedFailure = nil
    let names = sources.sorted().map { twins[$0].name }.joined(separator: " and ")
    log.write(
      .info, "archive-healed", stream: archive.name,
      "\(track.name)/\(merge.name.path): \(merge.count) segments from \(names)")
    return true
  }

  /// Removes a draft, which may have media that was removed since it was begun.
  private func discard(_ merge: HourMerge, _ removed: WallSpans) {
    merge.discard(overwriting: archive.catalog.read(\.removed) != removed)
  }

  /// Whether the healing is to end.
  private var hasEnded: Bool { isCancelled(SystemClock.monotonicTime) }

  /// Logs a failure once.
  private mutating func report(_ failure: String) {
    guard failure != reportedFailure else { return }
    reportedFailure = failure
    log.write(
      .warning, "heal-failed", stream: archive.name, "healing is tried again: \(failure)")
  }

  private func neighbour(of hole: Healing.Hole) -> HoleNeighbour? {
    let number = hole.numbers.lowerBound
    // The earlier part of the hole may be absent everywhere.
    return [600, 100_000].lazy.compactMap { (distance: Int64) in
      let range = number.subtractingSaturated(distance)...number
      return (try? reader.segments(range, of: hole.rendition)).flatMap { HoleNeighbour($0) }
    }.first
  }

  /// A draft of an hour file with the segments that the archive has now.
  private func begin(
    _ name: HourName, _ track: Track, _ header: [UInt8]
  ) throws(SystemError) -> HourMerge {
    let folder = archive.catalog.folder(of: track.name)
    let duration = track.segmentation.video.segmentDuration
    let references = Interval.seconds(3600).count(of: max(duration, .milliseconds(1)))
    let (open, summary) = archive.catalog.read { state in
      let track = state.tracks[track.name]
      return (track?.open?.name == name ? track?.open : nil, track?.files[name])
    }
    try checkSpace(for: Int64(open?.size ?? summary?.size ?? 0))
    let merge = try HourMerge(
      name, in: folder, header: header, references: Int(references.addingSaturated(1)),
      isCancelled: { [isCancelled] in isCancelled(SystemClock.monotonicTime) })
    _ = try merge.update(try archive.rows(of: name, track.name))
    return merge
  }

  /// Refuses to write `size` bytes if the oldest hours would be removed for them.
  private func checkSpace(for size: Int64) throws(SystemError) {
    if let space = DiskFolder.space(archive.catalog.folder),
      Retention.missing(total: space.total, free: space.free.subtractingSaturated(size)) > 0
    {
      throw SystemError("heal", ENOSPC)
    }
  }

  /// The segments of a hole that the twins list; complete if one of them has answered.
  private mutating func list(
    _ hole: Healing.Hole
  ) -> (found: [Int64: Listed], isComplete: Bool) {
    var found: [Int64: Listed] = [:]
    var isComplete = false
    let count = Int(clamping: hole.numbers.count)
    let (first, end) = (hole.numbers.lowerBound, hole.numbers.upperBound.addingSaturated(1))
    for twin in healing.order where found.count < count {
      guard healing.mayAsk(twin, now: SystemClock.monotonicTime) else { continue }
      // A twin without an archive has the segments of its window.
      for path in ["from/\(first)/to/\(end)/playlist.m3u8", "playlist.m3u8"] {
        do throws(TwinFailure) {
          let body = try get("\(hole.rendition)/\(path)", twin, limit: Self.limits.playlist)
          isComplete = true
          let playlist = TwinPlaylist(String(decoding: body, as: UTF8.self))
          for (number, entry) in playlist.entries
          where hole.numbers.contains(number) && found[number] == nil {
            found[number] = Listed(twin: twin, entry: entry)
          }
          break
        } catch {
          guard error == .absent else {
            note(error, twin, withMedia: false)
            break
          }
          isComplete = true
        }
      }
    }
    return (found, isComplete)
  }

  /// Fetches one segment, and its header if that is not known.
  private mutating func fetch(
    _ number: Int64, _ source: Listed, _ track: Track, _ before: HoleNeighbour,
    _ lastHash: String, _ headers: inout [String: [UInt8]]
  ) -> HealedSegment? {
    let hash = source.entry.headerHash
    do throws(TwinFailure) {
      if headers[hash] == nil { headers[hash] = try header(hash, source.twin, track) }
      guard let header = headers[hash] else { return nil }
      let path = "\(track.name)/segment\(number).m4s"
      let bytes = try get(path, source.twin, limit: before.limit)
      let segment: HealedSegment
      do throws(HealedSegment.Fault) {
        segment = try HealedSegment(
          number, bytes, header: header, track.segmentation,
          startsDiscontinuity: source.entry.startsDiscontinuity || hash != lastHash)
      } catch { throw .wrong("\(path): \(error)") }
      answered(source.twin, withMedia: true)
      return segment
    } catch {
      if error != .absent { note(error, source.twin, withMedia: true) }
      if case .failed = error { return nil }
    }
    healing.absent(Healing.Hole(track.name, number...number), now: SystemClock.monotonicTime)
    return nil
  }

  /// A CMAF header: from the archive, or from a twin.
  private mutating func header(
    _ hash: String, _ twin: Int, _ track: Track
  ) throws(TwinFailure) -> [UInt8] {
    if let own = try? reader.header(hash, of: track.name)?.array { return own }
    let path = "\(track.name)/init-\(hash).mp4"
    let header = try get(path, twin, limit: Self.limits.header)
    do throws(HealedSegment.Fault) {
      try HealedSegment.check(header: header, hash: hash, track.segmentation)
      return header
    } catch { throw .wrong("\(path): \(error)") }
  }

  /// Sends a request to a twin when it is time.
  private mutating func get(
    _ path: String, _ twin: Int, limit: Int
  ) throws(TwinFailure) -> [UInt8] {
    guard !isCancelled(healing.request(now: SystemClock.monotonicTime)) else {
      throw .failed("cancelled")
    }
    let start = SystemClock.monotonicTime
    var count = 0
    defer { healing.finished(since: start, bytes: count, now: SystemClock.monotonicTime) }
    do throws(TwinFailure) {
      let body = try twins[twin].get(path, limit: limit)
      count = body.count
      answered(twin, withMedia: false)
      return body
    } catch {
      if error == .absent { answered(twin, withMedia: false) }
      throw error
    }
  }

  private mutating func answered(_ twin: Int, withMedia isMedia: Bool) {
    guard healing.answered(twin, withMedia: isMedia) else { return }
    log.write(
      .info, "twin-recovered", stream: archive.name, "\(twins[twin].name) answers again")
  }

  /// Notes a failure of a twin; the log has the first one of an outage.
  private mutating func note(_ error: TwinFailure, _ twin: Int, withMedia isMedia: Bool) {
    guard healing.failed(twin, withMedia: isMedia, now: SystemClock.monotonicTime), !hasEnded
    else { return }
    log.write(
      .warning, "twin-failed", stream: archive.name,
      "\(twins[twin].name): \(error); it is asked again, at most once a minute")
  }
}
