// SPDX-License-Identifier: Apache-2.0

package import Time

/// Decides which hour files are removed: a pure machine.
package struct Retention: Sendable, Equatable, CustomStringConvertible {
  /// How long an hour is kept; nil for ever.
  package let keep: Interval?
  /// The most bytes of a stream; nil for any number.
  package let limit: Int64?

  /// An hour file.
  package struct File: Sendable, Equatable {
    /// The end of its media.
    package let end: WallTime
    /// Its bytes.
    package let size: Int64
    /// Whether it is never removed: it is being written, or a part of it is protected.
    package let isKept: Bool

    /// The same file, which is not removed.
    package var kept: File { File(end: end, size: size, isKept: true) }
  }

  /// A rule with these limits.
  package init(keep: Interval? = nil, limit: Int64? = nil) {
    self.keep = keep
    self.limit = limit
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
  package func expired(_ files: [File], now: WallTime) -> [Int] {
    var gone: [Int] = []
    var size = files.reduce(Int64(0)) { $0.addingSaturated($1.size) }
    for index in Self.oldestFirst(files) {
      let isOld = keep.map { now - files[index].end > $0 } ?? false
      guard isOld || limit.map({ size > $0 }) ?? false else { continue }
      gone.append(index)
      size = size.subtractingSaturated(files[index].size)
    }
    return gone
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
