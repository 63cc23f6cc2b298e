// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import System
import Time

/// Writes one stream, and removes its old hours.
///
/// Confined to the writer's thread.
final class StreamWriter {
  let catalog: StreamCatalog
  /// How the stream is archived; other renditions are those of the next session.
  var policy: ArchivePolicy
  let syncThread: SyncThread?
  var tracks: [String: TrackWriter] = [:]
  /// The windows of the session, and whether the folder has their order.
  private var windows: [(name: String, window: LiveWindow)] = []
  private var isNoted = false
  /// The spans that were removed since the start, whose segments windows may have still.
  var removed = WallSpans()
  /// Performs removals; without it that is done at once.
  let removals: RemovalThread?
  /// The files whose removal may not have ended.
  var unfinished: [(rendition: String, name: HourName)] = []
  /// Findings and deeds, for the log.
  var notes: [WriterNote] = []
  /// The finished files that others have removed, with the sums that they had.
  var missing: [(rendition: String, name: HourName, summary: HourIndex.Summary)] = []
  /// How many finished files were looked for since the first one.
  var looked = 0
  /// The span of the hours after the wall clock in the log.
  var reportedAhead: Range<WallTime>?

  /// A writer of a stream.
  init(
    _ catalog: StreamCatalog, _ policy: ArchivePolicy, syncThread: SyncThread? = nil,
    removals: RemovalThread? = nil
  ) {
    self.syncThread = syncThread
    self.removals = removals
    self.catalog = catalog
    self.policy = policy
  }

  /// Findings and deeds since the last call, for the log.
  func takeNotes() -> [WriterNote] {
    defer { notes = [] }
    for track in tracks.values {
      notes += track.notes
      track.notes = []
    }
    return notes
  }

  /// The file with the protected spans.
  var spansPath: String { catalog.folder + "/protected" }

  /// The file with the spans that an operator has removed.
  var removedPath: String { catalog.folder + "/removed" }

  /// The file with the spans whose removal has not ended.
  var removingPath: String { catalog.folder + "/removing" }

  /// Reads the folder; files that were not finished are cut at the last whole chunk and finished,
  /// and removals are completed.
  ///
  /// - Parameter remove: takes the spans of orders that a crash has interrupted.
  func load(_ remove: (Range<WallTime>) -> Void) {
    let removing = spans(removingPath).spans
    var tracks: [String: TrackCatalog] = [:]
    let isRead = catalog.root == nil || DiskFolder.isOwn(catalog.folder)
    for rendition in isRead ? DiskFolder.entries(catalog.folder).folders : []
    where StreamName.isValid(rendition) {
      let folder = catalog.folder(of: rendition)
      HourMerge.removeDrafts(of: folder, overwriting: !removing.isEmpty)
      var content = folder.content
      if !content.removed.isEmpty {
        for name in content.removed {
          try? folder.restoreDraft(name)
          unfinished.append((rendition, name))
        }
        content = folder.content
      }
      let waiting = content.removed.map { folder.file($0) + HourFolder.Suffix.draft }
      for draft in content.drafts where !waiting.contains(draft) { DiskFolder.remove(draft) }
      var track = TrackCatalog()
      for name in content.names {
        if let summary = folder.summary(name) {
          track.set(name, summary)
        } else {
          let found = folder.recovered(name, &notes)
          track.set(name, found.summary, torn: found.torn)
        }
      }
      // A recovered file may have been set aside.
      track.damaged = folder.damagedSizes
      tracks[rendition] = track
    }
    let (protected, removed) = (spans(spansPath), spans(removedPath))
    let foreign = ForeignFiles(in: catalog.folder)
    if foreign.count > 0 {
      notes.append(
        WriterNote(
          .warning, "archive-foreign", "\(foreign): they are neither served nor removed"))
    }
    catalog.update { state in
      state.foreign = foreign.count
      state.tracks = tracks
      (state.protected, state.removed) = (protected, removed)
      // Orders that a crash has interrupted: hours that they had not reached are as before.
      let last = tracks.compactMapValues { $0.extent?.upperBound }
      state.hidden = removing.map { RemovedMedia(span: $0, ordered: $0.upperBound, last: last) }
      state.isLoaded = true
    }
    completeRemovals()
    for span in removing { remove(span) }
  }

  func spans(_ path: String) -> WallSpans {
    WallSpans(
      (try? RegularFile.read(path)).flatMap { String(validating: $0, as: UTF8.self) } ?? "")
  }

  /// Writes the windows of a session from now on, instead of those of the session before.
  func follow(_ windows: [(name: String, window: LiveWindow)], _ now: MonotonicTime) {
    for track in tracks.values {
      track.advance(now)
      track.finish()
    }
    // Those of the tracks would be lost with them.
    notes = takeNotes()
    tracks = [:]
    (self.windows, isNoted) = (windows, false)
    let top = windows.first { !$0.window.segmentation.isAudio }?.name
    for (name, window) in windows
    where policy.archives(name, window.segmentation, top: top) {
      tracks[name] = TrackWriter(
        window, rendition: name, catalog, removed: removed, syncThread: syncThread)
    }
  }

  /// Writes the new media of the windows.
  ///
  /// - Returns: whether the reason for which nothing is written has changed, and the reason.
  func advance(_ now: MonotonicTime) -> (hasChanged: Bool, error: String?) {
    for track in tracks.values { track.advance(now) }
    let error = tracks.values.lazy.compactMap(\.error).first
    let before = catalog.update { state in
      defer { state.error = error }
      return state.error
    }
    return ((before == nil) != (error == nil), error)
  }

  /// Nothing is written for a while.
  func suspend(_ reason: String, _ now: MonotonicTime) {
    for track in tracks.values { track.fail(reason, now) }
  }

  /// Asks for the written bytes to be on the disk soon.
  func sync(on thread: SyncThread, _ now: MonotonicTime) {
    for track in tracks.values { track.sync(on: thread, now) }
    note()
  }

  /// Notes the order of the renditions when all of them are described, and the folder has media.
  private func note() {
    guard !isNoted, catalog.read({ !$0.tracks.isEmpty }) else { return }
    let described = windows.compactMap(\.window.snapshot.track)
    guard !described.isEmpty, described.count == windows.count else { return }
    isNoted = RenditionNote.write(RenditionOrder(described), catalog)
    // It is in the folder, or the disk refuses it: the next session tries again.
    windows = []
  }

  /// Finishes the open files.
  func finish() {
    for track in tracks.values { track.finish() }
  }

  /// The content of the archive, for the log: `36 hours since 2026-11-23T04:00:00.000Z, 41.2 GB`.
  var content: String {
    let status = catalog.status
    guard let oldest = status.oldest else { return "no media yet" }
    let hours = Set(files.lazy.filter { !$0.isDamaged }.map(\.name.hour)).count
    let kilobytes = status.bytes / 1000
    let size =
      kilobytes < 1_000_000
      ? "\(Decimal.shortString(kilobytes, digits: 3)) MB"
      : "\(Decimal.shortString(kilobytes / 1000, digits: 3)) GB"
    return "\(hours) \(hours == 1 ? "hour" : "hours") since \(UTCTime(oldest).text), \(size)"
  }
}
