// SPDX-License-Identifier: Apache-2.0

import System
package import Time

/// The file `DIR/.ages`, which keeps the clock by which hours are too old.
///
/// Each call may block for as long as the disk does.
package struct AgeClockFile {
  /// How often the clock is written, if nothing else has changed.
  private static let period = Interval.seconds(60)

  private let folder: String
  private var written: (text: String, late: Int, at: MonotonicTime)?

  /// The path of the file of an archive.
  private static func path(_ folder: String) -> String { folder + "/.ages" }

  /// The file of the archive in `folder`.
  package init(_ folder: String) { self.folder = folder }

  private static func text(_ folder: String) -> String? {
    (try? RegularFile.read(path(folder))).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The clock of an archive.
  ///
  /// A folder without a whole file gets one: from its newest hour that is not in the future.
  package static func clock(of folder: String, wall: WallTime) -> AgeClock {
    text(folder).flatMap { AgeClock($0) }
      ?? AgeClock(wall: wall, newest: newest(in: folder, until: wall))
  }

  /// Replaces the clock of an archive, which a program may use.
  ///
  /// - Returns: the reason of a failure, else nil.
  package static func set(_ clock: AgeClock, of folder: String) -> String? {
    let failure = PrivateFile.write(Array(clock.text.utf8), to: path(folder), in: folder)
    // An administrator may be another user than the program.
    if failure == nil { DiskFolder.give(path(folder), toOwnerOf: folder) }
    return failure
  }

  /// Advances the clock.
  ///
  /// - Parameters:
  ///   - clock: the clock; nil before the first call.
  ///   - isRead: whether the file is read, which others may have changed; it always is before it is
  ///     written.
  ///   - wall: the wall clock.
  ///   - now: the clock that never steps.
  package mutating func advance(
    _ clock: inout AgeClock?, isRead: Bool, wall: WallTime, at now: MonotonicTime
  ) {
    var next = clock ?? Self.clock(of: folder, wall: wall)
    var ahead = next
    ahead.advance(wall: wall, at: now)
    let isDue = written.map { $0.late != ahead.late.count || now - $0.at >= Self.period } ?? true
    if isRead || isDue, let written, let text = Self.text(folder), text != written.text,
      let other = AgeClock(text)
    {
      // An administrator has set it.
      next = other
      self.written = (text, other.late.count, now)
    }
    next.advance(wall: wall, at: now)
    clock = next
    if let written, written.late == next.late.count, now - written.at < Self.period { return }
    let text = next.text
    // A disk that refuses it is tried again.
    guard Self.set(next, of: folder) == nil else { return }
    written = (text, next.late.count, now)
  }

  /// The end of the newest hour before `limit` in an archive; nil without any.
  private static func newest(in folder: String, until limit: WallTime) -> WallTime? {
    var newest: HourName?
    for stream in DiskFolder.entries(folder).folders {
      for rendition in DiskFolder.entries("\(folder)/\(stream)").folders {
        for name in HourFolder("\(folder)/\(stream)/\(rendition)").names
        where name.start <= limit && name.hour > newest?.hour ?? .min {
          newest = name
        }
      }
    }
    return newest?.end
  }
}
