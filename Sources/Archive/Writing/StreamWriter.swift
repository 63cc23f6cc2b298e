// SPDX-License-Identifier: Apache-2.0

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
  private let policy: ArchivePolicy
  private var tracks: [String: TrackWriter] = [:]

  init(_ catalog: StreamCatalog, _ policy: ArchivePolicy) {
    self.catalog = catalog
    self.policy = policy
  }

  /// The file with the protected spans.
  private var spansPath: String { catalog.folder + "/protected" }

  /// The file with the spans that an operator has removed.
  private var removedPath: String { catalog.folder + "/removed" }

  /// Reads the folder; files that were not finished are cut at the last whole chunk and finished.
  func load() {
    var tracks: [String: TrackCatalog] = [:]
    for rendition in DiskFolder.entries(catalog.folder).folders
    where StreamName.isValid(rendition) {
      let folder = catalog.folder(of: rendition)
      HourMerge.removeDrafts(of: folder)
      var files: [HourName: HourIndex.Summary] = [:]
      for name in folder.names { files[name] = folder.summary(name) ?? recovered(name, folder) }
      tracks[rendition] = TrackCatalog(files)
    }
    let (protected, removed) = (spans(spansPath), spans(removedPath))
    catalog.update { state in
      state.tracks = tracks
      (state.protected, state.removed) = (protected, removed)
      state.isLoaded = true
    }
  }

  private func spans(_ path: String) -> ProtectedSpans {
    ProtectedSpans(
      (try? RegularFile.read(path)).flatMap { String(validating: $0, as: UTF8.self) } ?? "")
  }

  /// The sums of a file that was not finished; on a disk that cannot be written too.
  private func recovered(_ name: HourName, _ folder: HourFolder) -> HourIndex.Summary? {
    do throws(SystemError) { return try folder.finish(name) } catch {
      guard let walk = try? folder.walk(name) else { return nil }
      return HourIndex.Summary(
        walk.segments.map(\.row), size: walk.end, timescale: walk.head.timescale)
    }
  }

  /// Writes the windows of a session from now on, instead of those of the session before.
  func follow(_ windows: [(name: String, window: LiveWindow)], _ now: MonotonicTime) {
    for track in tracks.values {
      track.advance(now)
      track.finish()
    }
    tracks = [:]
    let top = windows.first { !$0.window.segmentation.isAudio }?.name
    for (name, window) in windows
    where policy.archives(name, window.segmentation, top: top) {
      tracks[name] = TrackWriter(window, rendition: name, catalog)
    }
  }

  /// Whether windows are written.
  var isWriting: Bool { !tracks.isEmpty }

  /// Writes what the windows have got.
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

  /// Asks for the written bytes to be on the disk soon.
  func sync(on thread: SyncThread, _ now: MonotonicTime) {
    for track in tracks.values { track.sync(on: thread, now) }
  }

  /// Finishes the open files.
  func finish() {
    for track in tracks.values { track.finish() }
  }

  // MARK: Retention

  /// The hour files, as ``Retention`` needs them.
  var files: [(rendition: String, name: HourName, file: Retention.File)] {
    catalog.read { state in
      state.tracks.flatMap { rendition, track in
        track.summaries.map { name, summary, isOpen in
          let isKept = isOpen || state.protected.protects(summary.start, summary.end)
          return (
            rendition, name,
            Retention.File(end: summary.end, size: Int64(summary.size), isKept: isKept)
          )
        }
      }
    }
  }

  /// Removes the hours that are too old or too many.
  func retain(now: WallTime) {
    let files = files
    for index in policy.retention.expired(files.map(\.file), now: now) {
      remove(files[index].name, of: files[index].rendition)
    }
  }

  /// Removes an hour file.
  func remove(_ name: HourName, of rendition: String) {
    guard catalog.folder(of: rendition).remove(name) else { return }
    catalog.update { $0.tracks[rendition]?.set(name, nil) }
  }

  // MARK: Orders of the operator

  /// Protects a span, or ends its protection.
  ///
  /// - Returns: the reason of a failure, else nil.
  func protect(_ span: Range<WallTime>, _ isProtected: Bool) -> String? {
    var spans = catalog.read(\.protected)
    if isProtected { spans.add(span) } else { spans.remove(span) }
    let text = spans.text
    if let failure = PrivateFile.write(Array(text.utf8), to: spansPath, in: catalog.folder) {
      return failure
    }
    catalog.update { [spans] in $0.protected = spans }
    return nil
  }

  /// Removes the segments with media in a span.
  ///
  /// - Returns: the reason of a failure, else nil.
  func removeSegments(in span: Range<WallTime>) -> String? {
    // A twin may still have them.
    var spans = catalog.read(\.removed)
    spans.add(span)
    spans.remove(.distantPast..<(SystemClock.wallTime - Healing.lookBack - Healing.lookBack))
    if let failure = PrivateFile.write(Array(spans.text.utf8), to: removedPath, in: catalog.folder)
    {
      return failure
    }
    catalog.update { [spans] in $0.removed = spans }
    // The open files are continued by their next segment.
    for track in tracks.values { track.finish() }
    let affected = catalog.read { state in
      state.tracks.flatMap { rendition, track in
        track.summaries.filter { _, summary, _ in
          summary.start < span.upperBound && span.lowerBound < summary.end
        }.map { (rendition, $0.name) }
      }
    }
    var failure: String?
    for (rendition, name) in affected {
      do throws(SystemError) {
        let summary = try catalog.folder(of: rendition).removeSegments(name, in: span)
        catalog.update { $0.tracks[rendition]?.set(name, summary) }
      } catch { failure = "\(name.path): \(error)" }
    }
    return failure
  }

  // MARK: Healing

  /// Closes an hour file if it is open; it is opened again at `time`, or after ``replace(_:of:)``.
  ///
  /// - Returns: its sums; nil without the file.
  func hold(
    _ name: HourName, of rendition: String, until time: MonotonicTime
  ) -> HourIndex.Summary? {
    tracks[rendition]?.hold(name, until: time)
    return catalog.read { $0.tracks[rendition]?.files[name] }
  }

  /// Replaces an hour file by a draft that has all its segments.
  ///
  /// - Returns: the reason of a failure, else nil.
  func replace(_ replacement: HourReplacement, of rendition: String) -> String? {
    defer { tracks[rendition]?.release() }
    let name = replacement.name
    let isUnchanged = catalog.read { state in
      let track = state.tracks[rendition]
      return track?.open?.name != name && track?.files[name] == replacement.old
        && state.removed == replacement.removed
    }
    guard isUnchanged else { return "the hour file has changed meanwhile" }
    do throws(SystemError) {
      try catalog.folder(of: rendition).replace(name, from: replacement.drafts)
    } catch { return "\(error)" }
    catalog.update { state in
      state.tracks[rendition, default: TrackCatalog()].set(name, replacement.new)
      state.healed += UInt64(clamping: replacement.healed)
      state.revision = state.revision.addingSaturated(1)
    }
    return nil
  }
}
