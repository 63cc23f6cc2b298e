// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// The name of an hour file: `2026-11-23/04-HASH.cmfv`, or `.cmfa` for audio.
///
/// In a file the numbers rise. If they fall within an hour, since segments have become longer, the
/// hour has further parts: `04-HASH-1.cmfv` and so on.
package struct HourName: Sendable, Hashable, Comparable {
  /// Whole hours between 1970-01-01T00:00Z and the start of the first segment.
  package let hour: Int64
  /// The hash of the CMAF header, eight hexadecimal digits, as in `init-<hash>.mp4`.
  package let headerHash: String
  /// Whether the track is audio.
  package let isAudio: Bool
  /// 0 for the first file of an hour with this header.
  package let part: Int

  /// The highest part.
  private static let lastPart = 99

  /// The nanoseconds of an hour.
  private static let length: Int64 = 3_600_000_000_000

  /// The name for a segment that begins at `start`.
  package init(at start: WallTime, headerHash: String, isAudio: Bool) {
    let quotient = start.nanoseconds / Self.length
    hour = start.nanoseconds % Self.length < 0 ? quotient - 1 : quotient
    self.headerHash = headerHash
    self.isAudio = isAudio
    part = 0
  }

  private init(_ name: HourName, part: Int) {
    (hour, headerHash, isAudio) = (name.hour, name.headerHash, name.isAudio)
    self.part = part
  }

  /// The first part.
  package var first: HourName { HourName(self, part: 0) }

  /// The next part; nil after the last one.
  package var next: HourName? {
    // bounded: less than `lastPart`
    part < Self.lastPart ? HourName(self, part: part + 1) : nil
  }

  /// Reads the names of a folder and of a file; nil for every other name.
  package init?(folder: String, file: String) {
    let date = folder.split(separator: "-", omittingEmptySubsequences: false)
    let name = file.split(separator: ".", omittingEmptySubsequences: false)
    guard date.count == 3, name.count == 2, name[1] == "cmfv" || name[1] == "cmfa",
      let year = Self.number(date[0], digits: 4), let month = Self.number(date[1], digits: 2),
      let day = Self.number(date[2], digits: 2),
      let date = CivilDate(year: year, month: month, day: day)
    else { return nil }
    let parts = name[0].split(separator: "-", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let hour = Self.number(parts[0], digits: 2), hour < 24,
      Self.isHash(parts[1])
    else { return nil }
    if parts.count == 3 {
      guard let part = Int(parts[2]), (1...Self.lastPart).contains(part), "\(part)" == parts[2]
      else { return nil }
      self.part = part
    } else {
      part = 0
    }
    // bounded: days of years of four digits
    self.hour = date.daysSince1970 * 24 + hour
    headerHash = String(parts[1])
    isAudio = name[1] == "cmfa"
  }

  /// Whether a text may be the hash of a CMAF header: eight hexadecimal digits in lower case.
  package static func isHash(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 8 && text.utf8.allSatisfy(isHexadecimal)
  }

  /// The folder of the day: `2026-11-23`.
  package var folder: String {
    let date = CivilDate(daysSince1970: hour >= 0 ? hour / 24 : (hour - 23) / 24)
    return "\(padded("\(date.year)", to: 4))-\(padded("\(date.month)", to: 2))"
      + "-\(padded("\(date.day)", to: 2))"
  }

  /// The name without its extension: `04-HASH`, or `04-HASH-1`.
  private var stem: String {
    let hourOfDay = hour >= 0 ? hour % 24 : (hour % 24 + 24) % 24
    return "\(padded("\(hourOfDay)", to: 2))-\(headerHash)" + (part > 0 ? "-\(part)" : "")
  }

  /// The path of the file below the folder of its rendition.
  package var path: String { "\(folder)/\(stem).\(isAudio ? "cmfa" : "cmfv")" }

  /// The path of its index.
  package var indexPath: String { "\(folder)/\(stem).index" }

  /// The start of the hour.
  package var start: WallTime {
    WallTime(nanoseconds: hour.multipliedSaturated(by: Self.length))
  }

  /// The end of the hour.
  package var end: WallTime { start + .seconds(3600) }

  /// Earlier hours first.
  package static func < (left: HourName, right: HourName) -> Bool {
    (left.hour, left.headerHash, left.part) < (right.hour, right.headerHash, right.part)
  }

  private static func number(_ text: Substring, digits: Int) -> Int64? {
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return Int64(text)
  }
}
