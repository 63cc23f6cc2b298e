// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import System
import Time

/// Orders of operators and of the healing.
extension StreamWriter {
  /// Protects a span, or ends its protection.
  ///
  /// - Returns: the reason of a failure, else nil.
  func protect(_ span: Range<WallTime>, _ isProtected: Bool) -> String? {
    do throws(SystemError) { try catalog.root?.make(catalog.folder) } catch { return "\(error)" }
    var spans = catalog.read(\.protected)
    if isProtected { spans.add(span) } else { spans.remove(span) }
    let text = spans.text
    if let failure = PrivateFile.write(Array(text.utf8), to: spansPath, in: catalog.folder) {
      return failure
    }
    catalog.update { [spans] in $0.protected = spans }
    return nil
  }

  /// Removes the segments with media in a span; those of the windows are left out.
  ///
  /// The span is noted on the disk until that has ended: the next start completes it after a crash
  /// or a failure.
  ///
  /// - Returns: the reason of a failure, else nil.
  func removeSegments(in span: Range<WallTime>, now: WallTime) -> String? {
    // The file has milliseconds.
    let first = WallTime.origin + .milliseconds(span.lowerBound.milliseconds)
    let last = WallTime.origin + .milliseconds(min(span.upperBound, now).milliseconds)
    let noted = first..<max(first, last + .milliseconds(1))
    if let failure = keepRemoving({ $0.add(noted) }) { return failure }
    if let failure = removeAll(in: span, now: now) { return failure }
    return keepRemoving { $0.remove(noted) }
  }

  /// Changes the spans whose removal has not ended.
  private func keepRemoving(_ change: (inout WallSpans) -> Void) -> String? {
    let before = spans(removingPath)
    var after = before
    change(&after)
    guard after != before, hasFolder else { return nil }
    if after.spans.isEmpty {
      return DiskFolder.remove(removingPath) ? nil : "\(removingPath) cannot be removed"
    }
    return PrivateFile.write(Array(after.text.utf8), to: removingPath, in: catalog.folder)
  }

  /// Whether the stream has a folder: one that is not our own has no archive of the stream.
  private var hasFolder: Bool {
    (try? catalog.root?.make(catalog.folder)) != nil || catalog.root == nil
  }

  private func removeAll(in span: Range<WallTime>, now: WallTime) -> String? {
    catalog.update { $0.revision += 1 }
    defer { catalog.update { $0.revision += 1 } }
    // Segments that begin after the order are archived.
    let last = min(span.upperBound, now)
    if span.lowerBound < last {
      removed.add(span.lowerBound..<last)
      // A twin may still have them.
      if let failure = keepRemoved(span.lowerBound..<last) { return failure }
      if !catalog.removeObjects(in: span.lowerBound..<last, hours(during: span)) {
        return "the marks of its objects cannot be written"
      }
    }
    var failure: String?
    // The open files are continued by their next segment.
    for (rendition, track) in tracks {
      if let error = track.leaveOut(removed) { failure = "\(rendition): \(error)" }
    }
    for (rendition, name) in hours(during: span) {
      let folder = catalog.folder(of: rendition)
      do throws(SystemError) {
        let summary = try folder.removeSegments(name, in: span) {
          catalog.update { $0.tracks[rendition]?.end(name, .overwritten) }
        }
        catalog.update { $0.tracks[rendition]?.set(name, summary) }
      } catch {
        failure = "\(name.path): \(error)"
        // The file may have been replaced already.
        complete(name, of: rendition)
        let summary = folder.summary(name) ?? recovered(name, folder)
        catalog.update { $0.tracks[rendition]?.set(name, summary) }
      }
    }
    for file in files
    where file.isDamaged && file.name.start < span.upperBound && span.lowerBound < file.name.end {
      do throws(SystemError) {
        try catalog.folder(of: file.rendition).eraseDamaged(file.name)
        catalog.update { $0.tracks[file.rendition]?.damaged[file.name] = nil }
      } catch { failure = "\(file.path): \(error)" }
    }
    return failure
  }

  /// The hour files that may have media of a span: the clock may have been set back within an hour.
  private func hours(during span: Range<WallTime>) -> [(rendition: String, name: HourName)] {
    catalog.read { state in
      state.tracks.flatMap { rendition, track in
        track.summaries.filter { name, summary, _ in
          min(name.start, summary.start) < span.upperBound
            && span.lowerBound < max(name.end, summary.end)
        }.map { (rendition, $0.name) }
      }
    }
  }

  /// Notes a span that is not healed.
  private func keepRemoved(_ span: Range<WallTime>) -> String? {
    guard hasFolder else { return nil }
    var spans = catalog.read(\.removed)
    spans.add(span)
    spans.remove(.distantPast..<(SystemClock.wallTime - Healing.lookBack - Healing.lookBack))
    if let failure = PrivateFile.write(Array(spans.text.utf8), to: removedPath, in: catalog.folder)
    {
      return failure
    }
    catalog.update { [spans] in $0.removed = spans }
    return nil
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
    // Readers that open the file from now on find its segments again.
    catalog.update { $0.tracks[rendition]?.end(name, .replaced) }
    do throws(SystemError) {
      try catalog.folder(of: rendition).replace(name, from: replacement.drafts)
    } catch {
      let summary = catalog.folder(of: rendition).summary(name) ?? replacement.old
      catalog.update { $0.tracks[rendition]?.set(name, summary) }
      return "\(error)"
    }
    catalog.update { state in
      state.tracks[rendition, default: TrackCatalog()].set(name, replacement.new)
      state.healed += UInt64(clamping: replacement.healed)
      state.revision = state.revision.addingSaturated(1)
    }
    return nil
  }
}
