// SPDX-License-Identifier: Apache-2.0

import CMAF
import Logging
import Media
import Packaging
import Sharing
import System
import Time

/// Writes one rendition: reads its window from segment to segment, like a feed.
///
/// The window itself is the queue: it keeps its segments for several seconds. Segments that leave
/// it before the disk takes them are dropped and counted. Confined to the writer's thread.
final class TrackWriter {
  /// How soon an operation that failed is tried again.
  private static let retryInterval = Interval.seconds(2)

  private let window: LiveWindow
  private let rendition: String
  private let folder: HourFolder
  private let catalog: StreamCatalog
  /// Finishes files; without it that is done at once.
  private let syncThread: SyncThread?
  /// The spans that were removed: their segments are left out.
  private var removed: WallSpans
  private var cursor: FeedCursor?
  private var revision: Int64 = -1
  private var rotation: Rotation
  private var file: HourWriter?
  /// The segment that is being written; nil while none is, or one is left out.
  private var present: (start: Rotation.Start, mark: SegmentMark?)?
  /// When the disk is tried again after a failure.
  private var retryTime = MonotonicTime.distantPast
  /// Until when no file is opened: the last one is being replaced.
  private var holdTime = MonotonicTime.distantPast
  /// Why nothing is written at present.
  private(set) var error: String?
  /// Findings and deeds, for the log.
  var notes: [WriterNote] = []

  init(
    _ window: LiveWindow, rendition: String, _ catalog: StreamCatalog, removed: WallSpans,
    syncThread: SyncThread? = nil
  ) {
    self.syncThread = syncThread
    self.window = window
    self.rendition = rendition
    self.removed = removed
    self.catalog = catalog
    folder = catalog.folder(of: rendition)
    rotation = Rotation(isAudio: window.segmentation.isAudio)
  }

  /// Writes the new media of the window.
  func advance(_ now: MonotonicTime) {
    let snapshot = window.snapshot
    guard snapshot.state != .starting, let oldest = oldest(snapshot) else { return }
    if cursor == nil { cursor = FeedCursor(before: oldest) }
    guard now >= max(retryTime, holdTime) else { return skipLost(oldest) }
    guard snapshot.revision != revision else { return }
    do {
      try write(snapshot, oldest)
      revision = snapshot.revision
      error = nil
    } catch { fail("\(error)", now) }
  }

  /// Closes a file if it is open; the next one is opened at `time`, or after ``release()``.
  func hold(_ name: HourName, until time: MonotonicTime) {
    guard file?.name == name else { return }
    finish()
    holdTime = time
  }

  /// The file was replaced.
  func release() { holdTime = .distantPast }

  /// Asks for the written bytes to be on the disk soon; opens the file again if it was removed.
  func sync(on thread: SyncThread, _ now: MonotonicTime) {
    guard !leaveMissing() else { return }
    do throws(SystemError) { try file?.sync(on: thread) } catch { fail("\(error)", now) }
  }

  /// Leaves out the segments of spans, and finishes the open file, so that it can be changed; the
  /// bytes of an incomplete segment are overwritten.
  ///
  /// - Returns: why these bytes may be on the disk still; else nil.
  func leaveOut(_ spans: WallSpans) -> SystemError? {
    removed = spans
    return finish(isErased: true)
  }

  /// Leaves the open file if others have removed or replaced it: the next call of ``advance(_:)``
  /// writes the segments of the window again, to the file that has the name then.
  ///
  /// - Returns: whether the file was left.
  private func leaveMissing() -> Bool {
    guard let file, !file.isInPlace else { return false }
    self.file = nil
    present = nil
    rotation.closed()
    (cursor, revision) = (nil, -1)
    catalog.update { state in
      state.tracks[rendition]?.end(file.name, .replaced)
      state.revision = state.revision.addingSaturated(1)
    }
    notes.append(
      WriterNote(
        .warning, "archive-replaced",
        "\(folder.file(file.name)): removed or replaced by others, with \(file.rows.count) "
          + "segments; it is opened again, and the segments of the window are written again"))
    return true
  }

  /// A file that was left is not opened again: its name may lead to a copy, or to the file itself
  /// if only its index is gone.
  private func restore(_ name: HourName) {
    guard DiskFolder.exists(folder.file(name)) else { return }
    let (summary, torn) = folder.recovered(name, &notes)
    let damaged = summary == nil ? folder.damagedSizes : nil
    catalog.update { state in
      state.tracks[rendition, default: TrackCatalog()].set(name, summary, torn: torn)
      if let damaged { state.tracks[rendition]?.damaged = damaged }
    }
  }

  /// Finishes the open file; an incomplete segment is removed from it.
  @discardableResult
  func finish(isErased: Bool = false) -> SystemError? {
    let name = file?.name
    guard !leaveMissing() else {
      name.map(restore)
      return nil
    }
    guard let file else { return nil }
    present = nil
    rotation.closed()
    self.file = nil
    if let segment = cursor?.segment { cursor = FeedCursor(before: segment) }
    revision = -1
    var failure: SystemError?
    var summary: HourIndex.Summary?
    do throws(SystemError) {
      let end = try file.end(isErased: isErased)
      summary = end?.summary
      // A file that is changed next is finished before.
      if let syncThread, !isErased { end.map(syncThread.add) } else { try end?.run() }
    } catch {
      failure = error
      do throws(SystemError) { summary = try folder.finish(file.name, &notes) } catch {
        // The disk is gone: its files return with it.
        summary = HourIndex.Summary(
          file.rows, size: file.size, timescale: file.head.timescale)
      }
    }
    catalog.update { [summary] in
      $0.tracks[rendition, default: TrackCatalog()].set(file.name, summary)
    }
    return failure
  }

  private func oldest(_ snapshot: WindowSnapshot) -> Int64? {
    snapshot.segments.first?.number ?? snapshot.open?.number
  }

  /// Counts the segments that have left the window.
  private func skipLost(_ oldest: Int64) {
    guard let next = cursor?.segment, next < oldest else { return }
    present = nil
    cursor = FeedCursor(before: oldest)
    catalog.update { $0.dropped += UInt64(clamping: oldest - next) }
  }

  /// Nothing is written for a while.
  func fail(_ reason: String, _ now: MonotonicTime) {
    error = reason
    retryTime = now + Self.retryInterval
    // The segment is written again as a whole, if the window still has it.
    if let present { cursor = FeedCursor(before: present.start.number) }
    present = nil
    revision = -1
    rotation.closed()
    guard let file else { return }
    self.file = nil
    let rows = file.rows
    let summary = HourIndex.Summary(rows, size: file.size, timescale: file.head.timescale)
    catalog.update { $0.tracks[rendition, default: TrackCatalog()].set(file.name, summary) }
  }

  private func write(_ snapshot: WindowSnapshot, _ oldest: Int64) throws {
    while var next = cursor {
      switch next.next(snapshot) {
      case .end:
        if let present, next.segment > present.start.number { try complete() }
        cursor = next
        return
      case .lost:
        if let present, next.segment > present.start.number { try complete() }
        cursor = next
        try file?.abandon()
        skipLost(oldest)
        guard cursor?.segment != next.segment else { return }
      case .item(.segment(let start, let gap)):
        try complete()
        let isPast = snapshot.open?.number != start.number
        if gap == nil, !(start.isPrefill && isPast) { try begin(start, snapshot) }
        cursor = next
      case .item(.chunk(let chunk)):
        if present != nil { try file?.append(chunk.bytes) }
        cursor = next
      }
    }
  }

  private func begin(_ segment: SegmentStart, _ snapshot: WindowSnapshot) throws {
    guard let track = snapshot.track(of: segment.period) else { return }
    let media = mediaTime(of: segment, snapshot)
    let start = Rotation.Start(
      number: segment.number, time: segment.programDateTime,
      offset: segment.programDateTime.offset(from: media),
      startsDiscontinuity: segment.startsDiscontinuity, headerHash: track.headerHash)
    let known = snapshot.segment(segment.number).map {
      Interval(ticks: $0.duration, timescale: Int64(max(1, window.segmentation.timescale)))
    }
    let duration = known ?? window.segmentation.video.segmentDuration
    if removed.overlaps(start.time, start.time + duration) { return }
    var placement = rotation.place(start)
    while case .opening(let name) = placement {
      try open(name, track.header.array)
      placement = rotation.place(start)
    }
    guard case .appended(let mark) = placement else { return }
    present = (start, mark)
    try file?.begin(mark: mark)
  }

  /// The media time of the first frame of a segment.
  ///
  /// That of copied audio differs from its position: a walk of the file finds the decode times, and
  /// dates the segment by them and by its mark.
  private func mediaTime(of segment: SegmentStart, _ snapshot: WindowSnapshot) -> MediaTime {
    let position = window.segmentation.frameTime(of: segment.firstFrame)
    guard window.segmentation.isAudio else { return position }
    let open = snapshot.open.flatMap { $0.number == segment.number ? $0.chunks.first : nil }
    guard let chunk = snapshot.segment(segment.number)?.chunks.first ?? open,
      let first = (try? ChunkSamples(chunk.bytes))?.entries.first
    else { return position }
    return .origin
      + Interval(ticks: first.time, timescale: Int64(max(1, window.segmentation.timescale)))
  }

  private func open(_ name: HourName, _ header: [UInt8]) throws {
    finish()
    syncThread?.cancelFinish(of: folder.file(name))
    try catalog.root?.check()
    try catalog.root?.make("\(folder.path)/\(name.folder)")
    let duration = window.segmentation.video.segmentDuration
    let references = Interval.seconds(3600).count(of: max(duration, .milliseconds(1))) + 1
    try catalog.finishTorn(name, of: rendition, &notes)
    let known = catalog.read { $0.tracks[rendition]?.files[name] }
    let file = try HourWriter(name, in: folder, header: header, references: Int(references))
    self.file = file
    rotation.opened(name, last: file.last, at: file.rows.last?.start)
    let (rows, timescale, size) = (file.rows, file.head.timescale, file.size)
    if let known, file.setAside == nil,
      known.count > rows.count || known.first != rows.first?.number
    {
      notes.append(
        WriterNote(
          .warning, "archive-replaced",
          "\(folder.file(name)): removed or replaced by others, with \(known.count) segments"))
    }
    let damaged = file.setAside.flatMap { name in
      folder.damagedSize(name).map { (name: name, size: $0) }
    }
    if let damaged { notes.append(.setAside(damaged.name, folder)) }
    if file.isMended { notes.append(.mended(name, folder, from: nil)) }
    catalog.update {
      if let damaged {
        $0.tracks[rendition]?.end(name, .replaced)
        $0.tracks[rendition, default: TrackCatalog()].damaged[damaged.name] = damaged.size
      }
      $0.tracks[rendition, default: TrackCatalog()].begin(
        name, rows: rows, timescale: timescale, size: size)
    }
  }

  private func complete() throws {
    guard let (start, mark) = present else { return }
    if let file, removed.overlaps(start.time, start.time + file.openDuration) {
      present = nil
      return try file.abandon(isErased: true)
    }
    guard let row = try file?.complete(start) else {
      present = nil
      return
    }
    present = nil
    rotation.added(start, mark: mark)
    catalog.update {
      $0.tracks[rendition, default: TrackCatalog()].add(row)
      $0.written += 1
    }
  }
}
