// SPDX-License-Identifier: Apache-2.0

import Logging
import Media

/// A line of the log about files of an archive.
struct WriterNote {
  let level: Log.Level
  let event: StaticString
  let text: String

  init(_ level: Log.Level, _ event: StaticString, _ text: String) {
    (self.level, self.event, self.text) = (level, event, text)
  }

  /// A file was set aside; `name` is its name before `.damaged`.
  static func setAside(_ name: HourName, _ folder: HourFolder) -> WriterNote {
    WriterNote(
      .warning, "archive-damaged",
      "\(folder.damagedFile(name)): set aside, its CMAF header or its first mark is damaged; "
        + "streamer archive repair restores it when another hour has the header")
  }

  /// The CMAF header of a file was damaged, and is that of the hour `other` again.
  static func mended(_ name: HourName, _ folder: HourFolder, from other: HourName?) -> WriterNote {
    WriterNote(
      .warning, "archive-mended",
      "\(folder.file(name)): its CMAF header was damaged, and is written again"
        + (other.map { ", from \($0.path)" } ?? ""))
  }

  /// Damaged bytes of a file are left out.
  static func leftOut(_ count: Int, of name: HourName, _ folder: HourFolder) -> WriterNote {
    WriterNote(
      .warning, "archive-damaged",
      "\(folder.file(name)): \(count) bytes are damaged, and are left out with their segments")
  }

  /// A file without a whole segment was removed.
  static func removed(_ name: HourName, _ folder: HourFolder) -> WriterNote {
    WriterNote(
      .info, "archive-removed", "\(folder.file(name)): removed, it had no whole segment")
  }

  /// A file was removed by the rule of its stream.
  static func removed(_ path: String, size: Int64, _ reason: String) -> WriterNote {
    WriterNote(.info, "archive-removed", "\(path): removed, \(text(size)), \(reason)")
  }

  /// A number of bytes: `142.3 MB`.
  static func text(_ bytes: Int64) -> String {
    "\(Decimal.shortString(bytes / 100_000, digits: 1)) MB"
  }
}
