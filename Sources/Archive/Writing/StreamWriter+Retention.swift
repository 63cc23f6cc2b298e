// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import System
import Time

/// The files of hours, and the rule by which they are removed.
extension StreamWriter {
  /// A file of an hour.
  struct HourFile {
    let rendition: String
    let name: HourName
    let isDamaged: Bool
    /// The file, as ``Retention`` needs it.
    let file: Retention.File

    /// The path below the folder of the stream.
    var path: String {
      "\(rendition)/\(name.path)" + (isDamaged ? HourFolder.Suffix.damaged : "")
    }
  }

  /// The files of hours.
  var files: [HourFile] {
    catalog.read { state in
      state.tracks.flatMap { rendition, track in
        track.summaries.map { hour in
          let summary = hour.summary
          let isKept = hour.isOpen || state.protected.overlaps(summary.start, summary.end)
          return HourFile(
            rendition: rendition, name: hour.name, isDamaged: false,
            file: Retention.File(
              track: rendition, end: summary.end, duration: summary.end - summary.start,
              size: Int64(summary.size), isKept: isKept))
        }
          + track.damaged.map { name, size in
            HourFile(
              rendition: rendition, name: name, isDamaged: true,
              file: Retention.File(
                track: rendition, end: name.end, size: Int64(size),
                isKept: state.protected.overlaps(name.start, name.end)))
          }
      }
    }
  }

  /// Removes the hours that are too old or too many, and completes what has failed before.
  ///
  /// - Parameters:
  ///   - now: the time by which ages are counted.
  ///   - age: the time from which media ages that is dated by another one.
  func retain(now: WallTime, age: (WallTime) -> WallTime = { $0 }) {
    lookForFiles()
    reportHoursAhead()
    let files = files
    let limited = files.map { file in
      let aged = file.file.ended(age(file.file.end))
      return !file.isDamaged && waitsForStore(file.name, file.rendition) ? aged.kept : aged
    }
    for (index, reason) in policy.retention.expired(limited, now: now) {
      let file = files[index]
      guard remove(file) else { continue }
      notes.append(
        .removed(
          "\(catalog.folder)/\(file.path)", size: file.file.size,
          policy.retention.text(reason)))
    }
    completeRemovals()
    completeIndexes()
    finishRest()
  }

  /// Finishes the files with torn segments that the disk has refused to finish.
  private func finishRest() {
    let rest = catalog.read { state in
      state.tracks.flatMap { rendition, track in track.torn.keys.map { (rendition, $0) } }
    }
    for (rendition, name) in rest { try? catalog.finishTorn(name, of: rendition, &notes) }
  }

  /// States once that hours are dated after the wall clock.
  private func reportHoursAhead() {
    let ahead = catalog.status.ahead
    guard ahead != reportedAhead else { return }
    reportedAhead = ahead
    guard let ahead else { return }
    let (first, last) = (UTCTime(ahead.lowerBound).text, UTCTime(ahead.upperBound).text)
    // bounded: intervals saturate
    let seconds = (ahead.upperBound - .origin).wholeSeconds.addingSaturated(1)
    notes.append(
      WriterNote(
        .warning, "archive-ahead",
        "\(catalog.folder): media from \(first) to \(last) is dated after the wall clock and is no "
          + "past for viewers; if the wall clock is right: streamer archive shift "
          + "\(catalog.root?.path ?? "DIR") --stream \(catalog.name) --from "
          + "\((ahead.lowerBound - .origin).wholeSeconds) --to \(seconds) --by SECONDS"))
  }

  /// The files of hours that lack of space may remove, or that are kept.
  var removableFiles: [HourFile] {
    let files = files
    return zip(files, policy.retention.aboveFloor(files.map(\.file))).map { file, kept in
      HourFile(
        rendition: file.rendition, name: file.name, isDamaged: file.isDamaged, file: kept)
    }
  }

  /// The most finished files that are looked for at once.
  private static let maximumLooked = 256

  /// Looks for some of the finished files: others may have removed them, or put them back.
  ///
  /// - Parameter isAll: whether all files are looked for.
  private func lookForFiles(isAll: Bool = false) {
    let known = catalog.read { state in
      state.tracks.flatMap { rendition, track in
        track.list.map { (rendition, $0.name, $0.summary) }
      }
    }
    let count = isAll ? known.count : min(known.count, Self.maximumLooked)
    var gone: [(rendition: String, name: HourName, summary: HourIndex.Summary)] = []
    for index in 0..<count {
      // bounded: a remainder, of the number of files
      let (rendition, name, summary) = known[(looked + index) % known.count]
      if DiskFolder.isMissing(catalog.folder(of: rendition).file(name)) {
        gone.append((rendition, name, summary))
      }
    }
    // bounded: a remainder
    looked = known.isEmpty ? 0 : (looked + count) % known.count
    let back = missing.filter { file in
      let path = catalog.folder(of: file.rendition).file(file.name)
      return (try? DiskFile(path, .reading).size) == file.summary.size
    }
    guard !gone.isEmpty || !back.isEmpty else { return }
    // A whole folder may be missing: one line is enough.
    if !gone.isEmpty, !isAll { return lookForFiles(isAll: true) }
    missing.removeAll { file in
      back.contains { $0.rendition == file.rendition && $0.name == file.name }
    }
    missing += gone
    catalog.update { [gone, back] state in
      for file in gone { state.tracks[file.rendition]?.end(file.name, .replaced) }
      for file in back where state.tracks[file.rendition]?.open?.name != file.name {
        state.tracks[file.rendition, default: TrackCatalog()].set(file.name, file.summary)
      }
      state.revision = state.revision.addingSaturated(1)
    }
    for (files, words) in [(gone, "removed by others"), (back, "there again")] {
      guard let first = files.first else { continue }
      let path = catalog.folder(of: first.rendition).file(first.name)
      let others = files.count > 1 ? " and \(files.count - 1) other hour files" : ""
      notes.append(WriterNote(.warning, "archive-replaced", "\(path)\(others): \(words)"))
    }
  }

  /// Whether the object store lacks something of an hour file.
  func waitsForStore(_ name: HourName, _ rendition: String) -> Bool {
    catalog.read { state in
      guard let objects = state.objects, let summary = state.tracks[rendition]?.files[name]
      else { return false }
      return !objects.hasAll(name, summary, of: rendition)
    }
  }

  /// Removes a file of an hour.
  ///
  /// - Returns: whether it is gone.
  @discardableResult
  func remove(_ file: HourFile) -> Bool {
    let (folder, name) = (catalog.folder(of: file.rendition), file.name)
    // Others may have given it to another user since the start.
    let path = file.isDamaged ? folder.damagedFile(name) : folder.file(name)
    guard DiskFolder.owner(path) ?? DiskFolder.user == DiskFolder.user else { return false }
    guard file.isDamaged ? folder.removeDamaged(name) : folder.remove(name) else { return false }
    catalog.update {
      if file.isDamaged {
        $0.tracks[file.rendition]?.damaged[name] = nil
      } else {
        $0.tracks[file.rendition]?.end(name, .replaced)
        // Playlists that begin with its segments begin later now.
        $0.revision = $0.revision.addingSaturated(1)
      }
    }
    return true
  }

  /// Overwrites the files whose removal may not have ended.
  func completeRemovals() {
    unfinished = unfinished.filter { rendition, name in
      DiskFolder.exists(catalog.folder(of: rendition).removedFile(name))
    }
    for (rendition, name) in unfinished {
      let folder = catalog.folder(of: rendition)
      guard let removals else {
        try? folder.completeRemoval(name)
        continue
      }
      removals.add { isCancelled in
        withoutActuallyEscaping(isCancelled) { try? folder.completeRemoval(name, $0) }
      }
    }
  }

  /// Writes the indexes again of which readers have found that they lack segments.
  private func completeIndexes() {
    let damaged = catalog.read { state in
      state.tracks.flatMap { rendition, track in
        track.order.compactMap { name -> (String, HourName, HourUse)? in
          guard let use = track.uses[name], use.hasDamagedIndex else { return nil }
          return (rendition, name, use)
        }
      }
    }
    for (rendition, name, use) in damaged {
      use.setIndex(isDamaged: false)
      let folder = catalog.folder(of: rendition)
      let (summary, torn) = folder.recovered(name, &notes)
      // A disk that refuses it is asked again.
      if summary == nil, DiskFolder.exists(folder.file(name)) { continue }
      let damaged = summary == nil ? folder.damagedSizes : nil
      catalog.update { state in
        if summary == nil { state.tracks[rendition]?.end(name, .replaced) }
        state.tracks[rendition]?.set(name, summary, torn: torn)
        if let damaged { state.tracks[rendition]?.damaged = damaged }
      }
    }
  }
}
