// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import System
import Time

extension FuzzBody {
  /// Hour files and their indexes: segments and frames lie within one another, a file that is cut
  /// off has the first segments of the whole one, and an index is read as it was written.
  static let archive = FuzzBody(
    name: "archive",
    sources: [
      "Archive/Format/FileHead.swift", "Archive/Format/HourWalk.swift",
      "Archive/Format/HourIndex.swift", "Archive/Format/SegmentFrames.swift",
      "Archive/Format/SegmentMark.swift", "Archive/Format/SegmentReferences.swift",
    ]
  ) { bytes in
    if let fault = file(bytes) { return fault }
    return index(bytes)
  }

  private static func walk(_ bytes: [UInt8]) -> HourWalk? {
    (try? HourWalk(size: bytes.count) { offset, count throws(SystemError) in
      guard offset >= 0, count >= 0, offset <= bytes.count else { return [] }
      // bounded: the range is within the bytes
      return Array(bytes[offset..<min(bytes.count, offset + count)])
    }) ?? nil
  }

  private static func file(_ bytes: [UInt8]) -> String? {
    guard let walk = walk(bytes) else { return nil }
    guard walk.completeEnd <= walk.end, walk.end <= bytes.count else {
      return "ends \(walk.completeEnd) and \(walk.end) of \(bytes.count) bytes"
    }
    var end = walk.head.mediaStart
    for segment in walk.segments {
      guard segment.row.offset >= end, segment.row.end <= walk.completeEnd else {
        return "\(segment.row) behind \(end)"
      }
      end = segment.row.end
      let isInside = segment.frames.allSatisfy {
        $0.offset >= 0 && $0.size >= 0 && $0.offset + $0.size <= segment.row.size
      }
      guard isInside, !segment.frames.isEmpty else { return "frames outside \(segment.row)" }
    }
    let rows = walk.segments.map(\.row)
    if let references = SegmentReferences(walk.head, rows, end: walk.end) {
      let written =
        references.content.offset..<references.content.offset
        + references.content.bytes.count
      guard written.lowerBound >= walk.head.reserve.lowerBound,
        written.upperBound <= walk.head.reserve.upperBound
      else { return "sidx at \(written) in \(walk.head.reserve)" }
    }
    for cut in [bytes.count / 2, bytes.count - 1] {
      guard let part = Self.walk(Array(bytes[..<cut])) else { continue }
      let same = zip(part.segments, walk.segments).allSatisfy { $0 == $1 }
      guard part.head.reserve == walk.head.reserve else { continue }
      guard same, part.segments.count <= walk.segments.count else {
        return "other segments after \(cut) of \(bytes.count) bytes"
      }
    }
    return nil
  }

  private static func index(_ bytes: [UInt8]) -> String? {
    _ = HourIndex.summary(bytes)
    let whole = HourIndex.records(bytes, hasFrames: true)
    guard whole.end <= bytes.count else { return "records up to \(whole.end)" }
    var text = HourIndex.head(nil)
    for segment in whole.segments { text += HourIndex.record(segment, offset: whole.offset) }
    let again = HourIndex.records(text, hasFrames: true).segments
    guard again.map(\.row.number) == whole.segments.map(\.row.number) else {
      return "\(again.count) of \(whole.segments.count) records"
    }
    return HourIndex.records(bytes, hasFrames: false).segments.map(\.row)
      == whole.segments.map(\.row) ? nil : "other rows without frames"
  }
}
