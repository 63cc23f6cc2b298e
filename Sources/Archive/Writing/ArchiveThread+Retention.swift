// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import System
import Time

/// The removal of hours: by age, by size, and before the disk is full.
extension ArchiveThread {
  /// Reads the clocks; `isRead`: also the file, which an administrator may have changed.
  mutating func readClocks(isRead: Bool) {
    let wall = ArchiveClock.wallTime
    ageFile.advance(&ages, isRead: isRead, wall: wall, at: ArchiveClock.bootTime)
    guard let ages else { return }
    let distance = ages.distance(of: wall)
    root.ageDistance = distance
    // The line depends on the rules of the streams.
    guard !streams.isEmpty, isDistant != (distance.magnitude > AgeClock.tolerance) else { return }
    isDistant.toggle()
    let isKept = streams.contains { $0.policy.retention.keep != nil }
    guard isDistant else {
      return log.write(.info, "archive-clock", "the ages of hours are those of the wall clock")
    }
    log.write(
      isKept ? .warning : .info, "archive-clock",
      "hours age by a clock that shows \(UTCTime(ages.time).text); the wall clock is "
        + "\(distance.magnitude.wholeSeconds) s \(distance > .zero ? "ahead" : "behind") and is "
        + "approached by at most an hour per hour; if the wall clock is right: "
        + "streamer archive clock \(root.path) --set")
  }

  /// Removes hours that are too old or too many, and the oldest ones before the disk is full.
  mutating func retain() {
    if let others, ArchiveClock.monotonicTime - started >= others.delay { adopt(others.retention) }
    let streams = streams + left
    if let ages {
      // The file may be damaged: nothing is removed that the wall clock would keep.
      let now = min(ages.time, ArchiveClock.wallTime)
      for stream in streams {
        beginStep()
        stream.retain(now: now) { ages.age(from: $0) }
        log(stream.takeNotes(), of: stream)
      }
    }
    guard let space = DiskFolder.space(root.path) else { return }
    let missing = relief.measure(total: space.total, free: space.free)
    guard missing > 0 else {
      (isStuck, fullness) = (false, nil)
      return
    }
    free(missing, streams)
  }

  /// Removes the oldest hours of all streams above their floors.
  private mutating func free(_ missing: Int64, _ streams: [StreamWriter]) {
    let files = streams.flatMap { stream in stream.removableFiles.map { (stream, $0) } }
    let indices = Retention.freeing(missing, files.map(\.1.file))
    var left: String?
    for index in indices where relief.isUseful {
      let (stream, file) = files[index]
      let isLost = !file.isDamaged && stream.waitsForStore(file.name, file.rendition)
      let before = DiskFolder.space(root.path)?.free ?? 0
      guard stream.remove(file) else {
        left = file.path
        continue
      }
      relief.remove(
        file.file.size, before: before,
        after: DiskFolder.space(root.path)?.free ?? before)
      if isLost { stream.catalog.update { $0.objects?.lost += 1 } }
      log.write(
        .warning, "archive-full", stream: stream.catalog.name,
        "the disk is nearly full: removed \(file.path), \(WriterNote.text(file.file.size))"
          + (isLost ? ", of which the object store lacks a part" : ""))
    }
    if let left, !isStuck {
      log.write(
        .warning, "archive-full", "the disk is nearly full: \(left) cannot be removed")
    }
    isStuck = left != nil
    if !relief.isUseful {
      let count = SpaceRelief.maximumUseless
      fullness =
        "No space left on the disk: the removal of \(count) hours has freed less than half of them"
    } else if indices.isEmpty {
      fullness = "No space left on the disk: all hours are below archive.floor"
    } else {
      fullness = nil
    }
  }

  /// Reads one folder of a stream that is not archived now: its hours take space, too.
  private mutating func adopt(_ retention: Retention) {
    let known = Set((streams + left).map(\.catalog.folder))
    for name in DiskFolder.entries(root.path).folders.sorted() where StreamName.isValid(name) {
      let folder = "\(root.path)/\(name)"
      guard !known.contains(folder) else { continue }
      let stream = StreamWriter(
        StreamCatalog(folder: folder, in: root), ArchivePolicy(retention: retention),
        removals: removals)
      load(stream)
      return left.append(stream)
    }
  }
}
