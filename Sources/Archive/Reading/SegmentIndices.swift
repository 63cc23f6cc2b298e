// SPDX-License-Identifier: Apache-2.0

package import CMAF
import System

/// Reads the frames of segments of one rendition, which are asked for in the order of their files
/// and numbers.
///
/// Each call may block for as long as the disk does.
package struct SegmentIndices {
  private var name: HourName?
  private var cursor: IndexCursor?
  /// The segments of a file whose index does not have them.
  private var walked: [Int64: IndexedSegment]?

  /// Indices of which none is read.
  package init() {}

  /// The frames of a segment.
  ///
  /// - Throws: ``ArchiveFailure/missing`` if the file does not have it any more.
  package mutating func index(of segment: ArchivedSegment) throws(ArchiveFailure) -> IndexedSegment
  {
    try ArchiveClient.check()
    if name != segment.name {
      name = segment.name
      walked = nil
      cursor =
        if let objects = segment.objects {
          IndexCursor(content: try objects.index(segment.name))
        } else {
          IndexCursor(segment.folder.index(segment.name))
        }
    }
    if let found = cursor?.segment(segment.number), found.row == segment.row { return found }
    guard !segment.isStored else { throw .missing }
    if walked == nil {
      cursor = nil
      segment.use.setIndex(isDamaged: true)
      do throws(SystemError) {
        walked = Dictionary(
          (try segment.folder.walk(segment.name)?.segments ?? []).map { ($0.row.number, $0) },
          uniquingKeysWith: { first, _ in first })
      } catch { throw .disk("\(error)") }
    }
    guard let found = walked?[segment.number], found.row == segment.row else { throw .missing }
    return found
  }
}

extension IndexedSegment {
  /// The rows of a clip.
  package var index: SegmentIndex {
    SegmentIndex(frames: frames, decodeTime: row.decodeTime, size: row.size)
  }
}
