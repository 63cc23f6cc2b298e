// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Packaging
import Time

extension ArchiveReader {
  /// The segments whose frames are read for the frame rate.
  private static let sampled = 4

  /// The renditions as their newest hour files show them; unreadable ones are left out.
  package func recordedTracks(
    of renditions: [String]
  ) throws(ArchiveFailure) -> [RecordedTrack] {
    var tracks: [RecordedTrack] = []
    for rendition in renditions {
      if let track = try recordedTrack(rendition) { tracks.append(track) }
    }
    return tracks
  }

  private func recordedTrack(_ rendition: String) throws(ArchiveFailure) -> RecordedTrack? {
    let newest = try summaries(of: rendition).max { $0.summary.end < $1.summary.end }
    guard let newest else { return nil }
    let segments = try rows(of: newest.name, rendition)
    guard let last = segments.last, let header = try header(last.headerHash, of: rendition) else {
      return nil
    }
    var counts: [Int64: Int] = [:]
    var indices = SegmentIndices()
    for segment in segments.suffix(Self.sampled) {
      for frame in try indices.index(of: segment).frames { counts[frame.duration, default: 0] += 1 }
    }
    let frame = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return RecordedTrack(
      name: rendition, header: header,
      segments: segments.map { segment in
        RecordedTrack.Segment(
          number: segment.number, decodeTime: segment.row.decodeTime,
          duration: segment.row.duration, size: segment.row.size)
      }, frameTicks: frame?.key ?? 0, end: last.row.end(timescale: last.timescale))
  }
}
