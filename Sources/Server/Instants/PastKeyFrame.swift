// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import Stills
import Time

/// The key frame at the start of a segment that has left the window of a rendition.
struct PastKeyFrame: Sendable {
  /// The number of the segment.
  let segment: Int64
  let rendition: ServedRendition
  /// The segment must not end before; nil for a segment of any age.
  let oldest: WallTime?

  /// The key frame, for its still; may block for as long as the disk does.
  func still(
    _ reader: ArchiveReader, _ track: StillTrack, width: UInt16, in media: StillMediaBudget
  ) throws(ArchiveFailure) -> StillRequest {
    guard let found = try reader.segments(segment...segment, of: rendition.name).first else {
      throw .missing
    }
    if let oldest, found.row.end(timescale: found.timescale) < oldest { throw .tooOld }
    var indices = SegmentIndices()
    let frames = try indices.index(of: found).index.frames
    guard let first = frames.first, first.isSync,
      let header = try reader.header(found.headerHash, of: rendition.name)
    else { throw .missing }
    guard let memory = media.share(of: first.offset + first.size) else { throw .busy }
    let bytes = try reader.bytes(of: found, 0..<first.offset + first.size)
    return StillRequest(
      name: StillName(track: track, segment: segment, frame: 0, width: width),
      header: header, chunks: [bytes], isNewest: false, memory: memory)
  }
}
