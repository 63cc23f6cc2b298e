// SPDX-License-Identifier: Apache-2.0

package import CMAF
import Media

/// A clip as bytes to be sent: a head, and whole segments after it, unchanged.
///
/// ```
/// ftyp moov mdat[ segment segment … ]
/// ```
///
/// The tables of `moov` point at the coded frames in the segments. An edit list cuts at the exact
/// frame and audio sample. The frames between the key frame and the first shown one have one tick
/// each: a player without edit lists shows them for less than a millisecond.
/// - Source: ISO/IEC 14496-12 §8.6.6, §8.7
package struct ClipPlan: Sendable {
  /// The version of the layout: it changes when equal segments and spans get other bytes.
  package static let layout = 1

  /// The bytes before the first segment.
  package let head: [UInt8]
  /// The video frames that are shown; without video, the AAC frames.
  package let frames: Int
}

/// Makes the plan of a clip from the rows of its segments, which come in the order of the file.
///
/// The memory is that of the tables: eight bytes for each frame.
package struct ClipPlanner: Sendable {
  /// The span in ticks of the first track.
  private let span: Range<Int64>
  private var tracks: [ClipTrack]
  private var payload = 0

  /// A plan without segments.
  ///
  /// - Parameters:
  ///   - headers: the CMAF headers of the tracks, video first; one or two.
  ///   - span: from the first frame to the end of the last one, in ticks of the first track since
  ///     1970; not empty.
  /// - Throws: ``ClipError`` if a header cannot be read.
  package init(headers: [[UInt8]], span: Range<Int64>) throws(ClipError) {
    self.span = span
    tracks = []
    for header in headers { tracks.append(ClipTrack(try ClipHeader(header))) }
  }

  /// Adds a segment of a track; those of a track are in the order of their numbers.
  ///
  /// - Throws: ``ClipError`` if times do not rise, or a number is too large.
  package mutating func add(_ index: SegmentIndex, of track: Int) throws(ClipError) {
    let start = Clip.rescale(
      span.lowerBound, tracks[0].header.timescale, tracks[track].header.timescale)
    try tracks[track].add(index, at: payload, from: start)
    let (sum, isBeyond) = payload.addingReportingOverflow(index.size)
    guard !isBeyond else { throw .tooLarge }
    payload = sum
  }

  /// The plan of all segments.
  ///
  /// - Throws: ``ClipError/empty`` if the first track has no frame in the span.
  package consuming func plan() throws(ClipError) -> ClipPlan {
    guard let scale = tracks.first?.header.timescale else { throw .empty }
    var start = span.lowerBound
    if tracks[0].header.isVideo { start = try tracks[0].cutVideo(span) }
    for index in tracks.indices where !tracks[index].header.isVideo {
      let own = tracks[index].header.timescale
      let (first, end) = (
        Clip.rescale(start, scale, own), Clip.rescale(span.upperBound, scale, own)
      )
      tracks[index].cutAudio(first..<max(first, end))
    }
    guard tracks[0].samples.count > 0 else { throw .empty }
    let movie = ClipMovie(tracks.filter { $0.samples.count > 0 }, payload: payload)
    return ClipPlan(head: movie.bytes(from: start, scale), frames: tracks[0].shown)
  }
}
