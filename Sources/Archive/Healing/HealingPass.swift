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
  struct Track {
    let name: String
    let segmentation: TrackSegmentation
  }

  /// Where the segments of a batch are listed.
  struct Listed {
    let twin: Int
    let entry: TwinPlaylist.Entry
  }

  /// The largest playlist, and the largest header.
  static let limits = (playlist: 4 << 20, header: FileHead.headerLimit)
  /// How long a batch may take until its segments are inserted.
  private static let batchLimit = Interval.seconds(300)

  let archive: HealedArchive
  let reader: ArchiveReader
  let twins: [any Twin]
  let log: Log
  /// Waits until a time; true if the healing is to end.
  let isCancelled: (MonotonicTime) -> Bool
  var healing: Healing
  /// The numbers of finished files with gaps.
  private var known: [String: [HourName: (HourIndex.Summary, [ClosedRange<Int64>])]] = [:]
  private var reportedFailure: String?
  /// Whether the log has named two twins with different media.
  var hasNamedDifference = false

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
    let time = ArchiveClock.wallTime
    for (name, segmentation) in segmentations where !segmentation.hasVariableDuration {
      // A hole may begin long before, and end in the future if the clock was set back.
      let reach = numbers(of: (time - Healing.lookBack)..<time, segmentation)
      let gaps = NumberRanges.subtracting(
        removed.spans.map { numbers(of: $0, segmentation) },
        from: NumberRanges.clamped(NumberRanges.gaps(between: numbers(of: name)), to: reach))
      holes += gaps.map { Healing.Hole(rendition: name, numbers: $0) }
    }
    guard let hole = healing.next(holes, now: ArchiveClock.monotonicTime),
      let segmentation = segmentations[hole.rendition]
    else { return }
    heal(hole, Track(name: hole.rendition, segmentation: segmentation), removed)
  }

  // MARK: Holes

  /// The numbers that a rendition has, in ranges.
  private mutating func numbers(of rendition: String) -> [ClosedRange<Int64>] {
    let since = ArchiveClock.wallTime - Healing.lookBack
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
        let missing = Healing.Hole(rendition: hole.rendition, numbers: range)
        healing.absent(missing, now: ArchiveClock.monotonicTime)
      }
    }
    guard !listed.found.isEmpty, let before = neighbour(of: hole) else { return }
    var merges: [HourName: HourMerge] = [:]
    var sources: [HourName: Set<Int>] = [:]
    var headers: [String: [UInt8]] = [:]
    var lastHash = before.headerHash
    let deadline = ArchiveClock.monotonicTime + Self.batchLimit
    do {
      for number in listed.found.keys.sorted() where ArchiveClock.monotonicTime < deadline {
        guard let source = listed.found[number] else { continue }
        let hash = source.entry.headerHash
        guard let segment = fetch(number, source, track, before, lastHash, &headers)
        else {
          if !healing.mayAsk(source.twin, now: ArchiveClock.monotonicTime) { break }
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
      healing.absent(hole, now: ArchiveClock.monotonicTime)
      return hasEnded ? () : report("\(error)")
    }
    for (name, merge) in merges.sorted(by: { $0.key < $1.key }) {
      if !insert(merge, track, removed, from: sources[name] ?? []) {
        healing.absent(hole, now: ArchiveClock.monotonicTime)
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
      merge, of: track.name, archive.catalog, removed: removed, isCancelled: { hasEnded },
      order: archive.order)
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
  var hasEnded: Bool { isCancelled(ArchiveClock.monotonicTime) }

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
      isCancelled: { [isCancelled] in isCancelled(ArchiveClock.monotonicTime) })
    _ = try merge.update(try archive.catalog.rows(of: name, track.name))
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
}
