// SPDX-License-Identifier: Apache-2.0

import Sharing
import System

/// Segments of which a loss of power has cost a part, although their boxes are whole.
///
/// Bytes that were not synchronised reach the disk in any order: the boxes of a segment and its
/// record in the index may be there, but not all of its media.
extension HourFolder {
  /// The bytes that a disk writes as a whole, at least.
  private static let sector = 512

  /// Leaves out the last segments whose bytes are not those of the index, or are incomplete.
  ///
  /// - Returns: the bytes of the segments after the last whole one, and whether a segment has other
  ///   bytes than the index states.
  func leaveOutTorn(
    _ walk: inout HourWalk?, _ name: HourName, _ file: DiskFile
  ) throws(SystemError) -> (bytes: Int, isDamaged: Bool) {
    guard var found = walk else { return (0, false) }
    if let bytes = try? indexBytes(name) {
      found.adoptDigests(of: HourIndex.records(bytes, hasFrames: false).segments)
    }
    var torn = Set<Int64>()
    var isDamaged = false
    for segment in found.segments.suffix(Self.usualDigests) {
      guard try !isWhole(segment, file) else { continue }
      torn.insert(segment.row.number)
      if segment.digest != nil { isDamaged = true }
    }
    let end = found.completeEnd
    found.leaveOut(torn)
    walk = found
    // bounded: positions in the file
    return (max(0, end - found.completeEnd), isDamaged)
  }

  /// The segments of a file that the disk does not let finish, without torn ones, and the numbers
  /// of these.
  func untorn(_ name: HourName) throws(SystemError) -> (walk: HourWalk?, torn: Set<Int64>) {
    let file = try DiskFile(file(name), reading)
    var found = try walk(name, file, isVerified: true)
    // An index may have segments that the boxes have not.
    let all = HourIndex.records((try? indexBytes(name)) ?? [], hasFrames: false).segments
    let numbers = Set((all + (found?.segments ?? [])).map(\.row.number))
    _ = try leaveOutTorn(&found, name, file)
    return (found, numbers.subtracting((found?.segments ?? []).map(\.row.number)))
  }

  /// Whether the last segments of an index have their digests in a file.
  func hasDigests(of known: [IndexedSegment], _ file: DiskFile) throws(SystemError) -> Bool {
    for segment in known.suffix(Self.usualDigests) where segment.digest != nil {
      guard try isWhole(segment, file) else { return false }
    }
    return true
  }

  /// Whether the bytes of a segment have its digest; without one, whether each sector was written.
  private func isWhole(
    _ segment: IndexedSegment, _ file: DiskFile
  ) throws(SystemError) -> Bool {
    let row = segment.row
    guard let bytes = try file.shared(at: row.offset, count: row.size) else { return false }
    if let digest = segment.digest { return SegmentDigest.of(bytes) == digest }
    let array = bytes.array
    // bounded: positions in the file
    var start = (Self.sector - row.offset % Self.sector) % Self.sector
    while start + Self.sector <= array.count {
      // Bytes behind the end of a file that were never written are zeros.
      if array[start..<start + Self.sector].allSatisfy({ $0 == 0 }) { return false }
      start += Self.sector
    }
    return true
  }
}
