// SPDX-License-Identifier: Apache-2.0

import CMAF
import Checked
package import Time

/// The index of an hour file: a cache of its segments and frames.
///
/// A head of 64 bytes with the sums of a finished file, then one record for each segment, appended
/// when the segment is complete. A record has a checksum, and ends the index if that is wrong.
package enum HourIndex {
  /// The sums of an hour file.
  package struct Summary: Sendable, Equatable {
    /// The number of the first and of the last segment.
    package let first, last: Int64
    /// The number of segments; at least 1.
    package let count: Int
    /// The wall clock of the first frame, and after the last one.
    package let start, end: WallTime
    /// The size of the file.
    package let size: Int
    /// Ticks per second.
    package let timescale: Int
  }

  /// The bytes of the head.
  package static let headSize = 64
  static let magic = Array("streamer-index-1".utf8)
  /// The bytes of a KID.
  private static let keySize = 16
  /// The most bytes of a record.
  static let recordLimit = 4 << 20

  /// The head; `summary` is nil while segments are added.
  package static func head(_ summary: Summary?) -> [UInt8] {
    var bytes = magic
    if let summary {
      for number in [summary.first, summary.last] { bytes.put(number) }
      bytes.put(UInt32(clamping: summary.count))
      bytes.put(UInt32(clamping: summary.timescale))
      bytes.put(Int64(summary.size))
      bytes.put(summary.start.nanoseconds)
      bytes.put(UInt32(clamping: (summary.end - summary.start).milliseconds))
      // bounded: all bytes
      bytes.put(checksum(bytes[...]))
    } else {
      bytes += [UInt8](repeating: 0, count: headSize - bytes.count)
    }
    return bytes
  }

  /// The sums in a head; nil if the file is not finished, or the head is damaged.
  package static func summary(_ bytes: [UInt8]) -> Summary? {
    // bounded: the magic number is shorter than the head
    guard bytes.count >= headSize, Array(bytes[..<magic.count]) == magic else { return nil }
    var cursor = ByteCursor(bytes, magic.count..<headSize)
    guard let first = cursor.wide(), let last = cursor.wide(), let count = cursor.integer(4),
      let timescale = cursor.integer(4), let size = cursor.wide(), let start = cursor.wide(),
      let length = cursor.integer(4), let sum = cursor.integer(4), count > 0, first <= last,
      SegmentMark.numbers.contains(first), SegmentMark.numbers.contains(last), timescale > 0,
      // bounded: the bytes have a head
      UInt32(clamping: sum) == checksum(bytes[..<(headSize - 4)])
    else { return nil }
    let begin = WallTime(nanoseconds: start)
    return Summary(
      first: first, last: last, count: count, start: begin,
      end: begin + .milliseconds(Int64(length)), size: Int(clamping: size), timescale: timescale)
  }

  /// The record of a segment; `offset` is wall clock minus media time.
  package static func record(_ segment: IndexedSegment, offset: Interval) -> [UInt8] {
    let row = segment.row
    var content: [UInt8] = []
    // bounded: frames in memory
    content.reserveCapacity(128 + 16 * segment.frames.count)
    content.put(row.number)
    content.put(Int64(row.offset))
    content.put(UInt32(clamping: row.size))
    content.put(row.decodeTime)
    content.put(row.duration)
    content.put(row.start.nanoseconds)
    content.put(offset.nanoseconds)
    content.put(
      UInt32(
        (row.startsDiscontinuity ? 1 : 0) | (segment.digest == nil ? 0 : 2)
          | (row.hasEvents ? 4 : 0) | (row.keyIdentifier?.count == keySize ? 8 : 0)))
    if let digest = segment.digest { content += digest.media + digest.content }
    if let key = row.keyIdentifier, key.count == keySize { content += key }
    for frame in segment.frames {
      content.put(UInt32(clamping: frame.offset))
      content.put(UInt32(clamping: frame.size))
      content.put(UInt32(clamping: frame.duration) & 0x7FFF_FFFF | (frame.isSync ? 1 << 31 : 0))
      content.put(Int32(clamping: frame.shift))
    }
    var bytes: [UInt8] = []
    bytes.put(UInt32(clamping: content.count))
    bytes.put(checksum(content[...]))
    return bytes + content
  }

  /// The whole records of an index, from its first byte on.
  ///
  /// - Parameters:
  ///   - bytes: the index.
  ///   - hasFrames: whether the frames are read too.
  /// - Returns: the segments, the wall clock minus media time of the last one, and the bytes of the
  ///   head and of the whole records.
  package static func records(
    _ bytes: [UInt8], hasFrames: Bool
  ) -> (segments: [IndexedSegment], offset: Interval, end: Int) {
    var found: [IndexedSegment] = []
    var lastOffset = Interval.zero
    // bounded: the magic number is shorter than the head
    guard bytes.count >= headSize, Array(bytes[..<magic.count]) == magic else {
      return ([], .zero, 0)
    }
    var cursor = ByteCursor(bytes, from: headSize)
    var end = headSize
    while let count = cursor.integer(4), let sum = cursor.integer(4), count <= recordLimit,
      let range = cursor.take(count)
    {
      guard let (segment, offset) = segment(bytes, range, sum: sum, hasFrames: hasFrames),
        segment.row.offset >= found.last?.row.end ?? 0,
        segment.row.number > found.last?.row.number ?? -1
      else { break }
      found.append(segment)
      lastOffset = offset
      end = range.upperBound
    }
    return (found, lastOffset, end)
  }

  /// The segment of a record without its size and its checksum `sum`; nil for a damaged one.
  ///
  /// Its times are those of media, and its frames ascend within its bytes.
  static func segment(
    _ bytes: [UInt8], _ range: Range<Int>, sum: Int, hasFrames: Bool
  ) -> (IndexedSegment, Interval)? {
    // bounded: a range of the cursor of these bytes
    guard UInt32(clamping: sum) == checksum(bytes[range]) else { return nil }
    var cursor = ByteCursor(bytes, range)
    guard let number = cursor.wide(), let offset = cursor.wide(), let size = cursor.integer(4),
      let decodeTime = cursor.wide(), let duration = cursor.wide(), let start = cursor.wide(),
      let clock = cursor.wide(), let flags = cursor.integer(4),
      SegmentMark.numbers.contains(number),
      (0..<Int64(1) << 48).contains(offset),
      (0..<Int64(1) << 56).contains(decodeTime), (0..<Int64(1) << 40).contains(duration)
    else { return nil }
    var digest: SegmentDigest?
    if flags & 2 != 0 {
      guard let media = cursor.take(SegmentDigest.sizes.media),
        let content = cursor.take(SegmentDigest.sizes.content)
      else { return nil }
      // bounded: ranges of the cursor of these bytes
      digest = SegmentDigest(media: Array(bytes[media]), content: Array(bytes[content]))
    }
    var key: Range<Int>?
    if flags & 8 != 0 {
      key = cursor.take(keySize)
      guard key != nil else { return nil }
    }
    var frames: [SegmentIndex.Frame] = []
    if hasFrames { frames.reserveCapacity(cursor.rest.count / 16) }
    var end = 0
    while hasFrames, let position = cursor.integer(4), let count = cursor.integer(4),
      let duration = cursor.integer(4), let shift = cursor.integer(4)
    {
      // Frames are in the order of their bytes, and within the segment.
      guard position >= end, position <= size, count <= size - position else { return nil }
      end = position + count
      frames.append(
        SegmentIndex.Frame(
          offset: position, size: count, duration: Int64(duration & 0x7FFF_FFFF),
          shift: Int64(Int32(truncatingIfNeeded: shift)), isSync: duration >> 31 == 1))
    }
    let row = SegmentRow(
      number: number, offset: Int(offset), size: size, decodeTime: decodeTime, duration: duration,
      start: WallTime(nanoseconds: start), startsDiscontinuity: flags & 1 != 0,
      hasEvents: flags & 4 != 0, tag: digest.map { ContentTag($0) },
      // bounded: a range of the cursor of these bytes
      keyIdentifier: key.map { Array(bytes[$0]) })
    return (
      IndexedSegment(row: row, frames: frames, digest: digest), Interval(nanoseconds: clock)
    )
  }

  /// FNV-1a with 32 bits: finds torn records, not attacks.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    // bounded: a hash wraps
    bytes.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}

extension HourIndex.Summary {
  /// The sums of the segments of a file; nil without one.
  package init?(_ rows: [SegmentRow], size: Int, timescale: Int) {
    guard let first = rows.first, let last = rows.last else { return nil }
    (self.first, self.last) = (first.number, last.number)
    count = rows.count
    (start, end) = (first.start, last.end(timescale: timescale))
    self.size = size
    self.timescale = timescale
  }

  /// The sums of the segments that a walk has found; nil without one.
  init?(_ walk: HourWalk) {
    self.init(walk.segments.map(\.row), size: walk.end, timescale: walk.head.timescale)
  }
}
