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

  /// Why a removal has not begun.
  struct Refusal: Error {
    let reason: String
  }

  /// Accepts an order to remove the segments with media in a span: readers do not see them any
  /// more, and those of the windows are left out.
  ///
  /// The span is noted on the disk until ``endRemoval(of:_:)``: the next start completes it after a
  /// crash or a failure.
  ///
  /// - Returns: the work that is left, for another thread.
  func beginRemoval(
    of span: Range<WallTime>, now: WallTime
  ) -> Result<SpanRemoval, Refusal> {
    let noted = noted(span, now)
    let before = spans(removingPath)
    if let failure = keepRemoving({ $0.add(noted) }) {
      // The note may be in place although it is not on the disk: the next start would complete it.
      _ = keepRemoving { $0 = before }
      return .failure(Refusal(reason: failure))
    }
    let media = hide(span, now)
    // Segments that begin after the order are archived.
    let last = min(span.upperBound, now)
    if span.lowerBound < last {
      removed.add(span.lowerBound..<last)
      // A twin may still have them.
      if let failure = keepRemoved(span.lowerBound..<last) {
        return .failure(Refusal(reason: failure))
      }
      if !catalog.removeObjects(in: span.lowerBound..<last, hours(during: span)) {
        return .failure(Refusal(reason: "the marks of its objects cannot be written"))
      }
    }
    // The open files are continued by their next segment.
    for (rendition, track) in tracks {
      if let error = track.leaveOut(removed) {
        return .failure(Refusal(reason: "\(rendition): \(error)"))
      }
    }
    let damaged = files.filter {
      $0.isDamaged && $0.name.start < span.upperBound && span.lowerBound < $0.name.end
    }
    return .success(
      SpanRemoval(
        catalog: catalog, media: media,
        files: hours(during: span).map { SpanRemoval.File(rendition: $0.rendition, name: $0.name) },
        damaged: damaged.map { SpanRemoval.File(rendition: $0.rendition, name: $0.name) }))
  }

  /// The span of an order in the file, which has milliseconds.
  private func noted(_ span: Range<WallTime>, _ now: WallTime) -> Range<WallTime> {
    let first = WallTime.origin + .milliseconds(span.lowerBound.milliseconds)
    // The segment that begins at the end of the span stays; one before it, within a millisecond,
    // does not.
    let end = min(span.upperBound, now)
    let floor = WallTime.origin + .milliseconds(end.milliseconds)
    let last = floor < end ? floor + .milliseconds(1) : floor
    return first..<max(first + .milliseconds(1), last)
  }

  /// Hides media from readers; what they have opened is cut.
  private func hide(_ span: Range<WallTime>, _ now: WallTime) -> RemovedMedia {
    let files = hours(during: span)
    return catalog.update { state in
      let media = RemovedMedia(
        span: span, ordered: now, last: state.tracks.compactMapValues { $0.extent?.upperBound })
      state.hidden.append(media)
      for (rendition, name) in files { state.tracks[rendition]?.revoke(name) }
      state.revision = state.revision.addingSaturated(1)
      return media
    }
  }

  /// Ends an order; after a failure its media stays hidden, and the next start completes it.
  ///
  /// - Returns: the reason of a failure, else nil.
  func endRemoval(of media: RemovedMedia, _ failure: String?) -> String? {
    defer { catalog.update { $0.revision = $0.revision.addingSaturated(1) } }
    if let failure { return failure }
    let noted = noted(media.span, media.ordered)
    let rest = catalog.update { state in
      // Earlier orders that have failed are completed by one that includes their spans.
      state.hidden.removeAll { $0 == media || isWhole($0, in: media) }
      return state.hidden
    }
    return keepRemoving { spans in
      spans.remove(noted)
      for other in rest { spans.add(self.noted(other.span, other.ordered)) }
    }
  }

  private func isWhole(_ other: RemovedMedia, in media: RemovedMedia) -> Bool {
    other.ordered <= media.ordered && media.span.lowerBound <= other.span.lowerBound
      && other.span.upperBound <= media.span.upperBound
  }

  /// Changes the spans whose removal has not ended.
  private func keepRemoving(_ change: (inout WallSpans) -> Void) -> String? {
    let before = spans(removingPath)
    var after = before
    change(&after)
    guard after != before, hasFolder else { return nil }
    if after.spans.isEmpty {
      guard DiskFolder.remove(removingPath) else { return "\(removingPath) cannot be removed" }
      // A note that returned after a loss of power would remove later media with these dates.
      try? DiskFolder.sync(catalog.folder)
      return nil
    }
    return PrivateFile.write(Array(after.text.utf8), to: removingPath, in: catalog.folder)
  }

  /// Whether the stream has a folder: one that is not our own has no archive of the stream.
  private var hasFolder: Bool {
    (try? catalog.root?.make(catalog.folder)) != nil || catalog.root == nil
  }

  /// The hour files that may have media of a span: the clock may have been set back within an hour.
  private func hours(during span: Range<WallTime>) -> [(rendition: String, name: HourName)] {
    catalog.read { state in
      state.tracks.flatMap { rendition, track in
        track.summaries.filter { hour in
          min(hour.name.start, hour.summary.start) < span.upperBound
            && span.lowerBound < max(hour.name.end, hour.summary.end)
        }.map { (rendition, $0.name) }
      }
    }
  }

  /// Notes a span that is not healed.
  private func keepRemoved(_ span: Range<WallTime>) -> String? {
    guard hasFolder else { return nil }
    var spans = catalog.read(\.removed)
    spans.add(span)
    spans.remove(.distantPast..<(ArchiveClock.wallTime - Healing.lookBack - Healing.lookBack))
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
      guard track?.open?.name != name, track?.files[name] == replacement.old else { return false }
      // A healed file has not the hidden segments, and does not overwrite them.
      return replacement.removed.map { $0 == state.removed && state.hidden.isEmpty } ?? true
    }
    guard isUnchanged else { return "the hour file has changed meanwhile" }
    // Readers that open the file from now on find its segments again.
    let isRemoval = replacement.removed == nil
    catalog.update { $0.tracks[rendition]?.end(name, isRemoval ? .overwritten : .replaced) }
    let folder = catalog.folder(of: rendition)
    do throws(SystemError) {
      if isRemoval {
        try folder.exchange(name, with: replacement.new == nil ? nil : replacement.drafts)
        unfinished.append((rendition, name))
      } else {
        try folder.replace(name, from: replacement.drafts)
        // A slow disk would delay the segments of all streams.
        if let syncThread {
          syncThread.addNames(of: folder.file(name))
        } else {
          try HourFolder.syncNames(of: folder.file(name))
        }
      }
    } catch {
      let summary = folder.summary(name) ?? replacement.old
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
