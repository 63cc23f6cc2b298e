// SPDX-License-Identifier: Apache-2.0

package import Time

/// Decides which hour files are removed: a pure machine.
package struct Retention: Sendable, Equatable, CustomStringConvertible {
  /// How long an hour is kept; nil for ever.
  package let keep: Interval?
  /// The most bytes of a stream; nil for any number.
  package let limit: Int64?
  /// The newest media, which lack of space never removes.
  package let floor: Floor

  /// An amount of media.
  package enum Floor: Sendable, Equatable {
    /// Of each rendition.
    case time(Interval)
    /// Of the stream.
    case size(Int64)

    /// The floor of streams without a setting.
    package static var usual: Floor { .time(.seconds(86_400)) }
  }

  /// An hour file.
  package struct File: Sendable, Equatable {
    /// The rendition.
    package let track: String
    /// The end of its media.
    package let end: WallTime
    /// The duration of its media.
    package let duration: Interval
    /// Its bytes.
    package let size: Int64
    /// Whether it is never removed: it is being written, or a part of it is protected.
    package let isKept: Bool

    /// A file with these values.
    package init(
      track: String = "", end: WallTime, duration: Interval = .zero, size: Int64, isKept: Bool
    ) {
      (self.track, self.end, self.duration) = (track, end, duration)
      (self.size, self.isKept) = (size, isKept)
    }

    /// The same file, which is not removed.
    package var kept: File {
      File(track: track, end: end, duration: duration, size: size, isKept: true)
    }

    /// The same file, whose age is counted from another time.
    package func ended(_ end: WallTime) -> File {
      File(track: track, end: end, duration: duration, size: size, isKept: isKept)
    }
  }

  /// Why a file is removed.
  package enum Reason: Sendable, Equatable {
    case age, size
  }

  /// A rule with these limits.
  package init(keep: Interval? = nil, limit: Int64? = nil, floor: Floor = .usual) {
    self.keep = keep
    self.limit = limit
    self.floor = floor
  }

  /// The reason of a removal for the log: `older than 7d`.
  package func text(_ reason: Reason) -> String {
    switch reason {
    case .age: "older than \(keep.map(Self.text) ?? "the rule")"
    case .size: "the stream had more than \(limit.map { Self.text(bytes: $0) } ?? "its limit")"
    }
  }

  /// The rule for the log: `kept for 7d, at most 500G`.
  package var description: String {
    let keep = keep.map { "kept for \(Self.text($0))" } ?? "kept for ever"
    return keep + (limit.map { ", at most \(Self.text(bytes: $0))" } ?? "")
  }

  /// A span in the largest unit of which it is a multiple: `7d`, `90m`, or `0`.
  package static func text(_ span: Interval) -> String {
    let seconds = span.wholeSeconds
    for (unit, size) in [("d", Int64(86_400)), ("h", 3600), ("m", 60)] {
      // bounded: `size` is a literal
      let (count, rest) = seconds.quotientAndRemainder(dividingBy: size)
      if seconds > 0, rest == 0 { return "\(count)\(unit)" }
    }
    return seconds == 0 ? "0" : "\(seconds)s"
  }

  /// A number of bytes in the largest unit of which it is a multiple: `500G`.
  package static func text(bytes: Int64) -> String {
    for (unit, count) in [("T", Int64(1_000_000_000_000)), ("G", 1_000_000_000)] {
      // bounded: `count` is a literal
      if bytes.isMultiple(of: count) { return "\(bytes / count)\(unit)" }
    }
    return "\(bytes / 1_000_000)M"
  }

  /// The indices of the files of one stream that are too old, or the oldest ones if all files have
  /// too many bytes.
  package func expired(_ files: [File], now: WallTime) -> [(index: Int, reason: Reason)] {
    var gone: [(index: Int, reason: Reason)] = []
    var size = files.reduce(Int64(0)) { $0.addingSaturated($1.size) }
    for index in Self.oldestFirst(files) {
      let isOld = keep.map { now - files[index].end > $0 } ?? false
      guard isOld || limit.map({ size > $0 }) ?? false else { continue }
      gone.append((index, isOld ? .age : .size))
      size = size.subtractingSaturated(files[index].size)
    }
    return gone
  }

  /// The files of one stream, of which lack of space removes none of the newest: as many as the
  /// floor needs.
  ///
  /// Durations count, not dates: media of a wrong clock replaces no other media.
  package func aboveFloor(_ files: [File]) -> [File] {
    var files = files
    var left: [String: Interval] = [:]
    var size: Int64 = 0
    let newestFirst = files.indices.sorted { (files[$0].end, $0) > (files[$1].end, $1) }
    for index in newestFirst {
      let file = files[index]
      let isBelow: Bool
      switch floor {
      case .time(let time):
        let rest = left[file.track] ?? time
        isBelow = rest > .zero
        left[file.track] = rest - max(.zero, file.duration)
      case .size(let limit):
        isBelow = size < limit
        size = size.addingSaturated(file.size)
      }
      if isBelow { files[index] = file.kept }
    }
    return files
  }

  /// The indices of the oldest files of all streams whose removal frees `missing` bytes.
  package static func freeing(_ missing: Int64, _ files: [File]) -> [Int] {
    var gone: [Int] = []
    var left = missing
    for index in oldestFirst(files) where left > 0 {
      gone.append(index)
      left = left.subtractingSaturated(files[index].size)
    }
    return gone
  }

  /// The bytes that are missing on a disk: 2 % of it are kept free, at most 1 GiB.
  package static func missing(total: Int64, free: Int64) -> Int64 {
    max(0, min(total / 50, 1 << 30) - free)
  }

  private static func oldestFirst(_ files: [File]) -> [Int] {
    files.indices.filter { !files[$0].isKept }
      .sorted { (files[$0].end, $0) < (files[$1].end, $1) }
  }
}
