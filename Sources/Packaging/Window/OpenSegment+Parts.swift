// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// Parts get their numbers in the order in which they are completed, from 0 in each segment.
///
/// A pass-through source may lose frames. Their time belongs to the part and the segment, so that
/// the durations of playlists add up to their dates. A part without a frame is not listed.
extension OpenSegment {
  /// The chunks of the unfinished part.
  var unfinishedPartChunks: ArraySlice<Chunk> {
    chunks[parts.reduce(0) { $0 + $1.chunks.count }...]
  }

  /// Completes the unfinished part, if it has chunks.
  ///
  /// - Parameters:
  ///   - end: the index of the frame with which the next part or segment begins; nil if nothing
  ///     follows its last chunk directly.
  ///   - segmentation: the segmentation of the track.
  mutating func closePart(until end: Int64?, _ segmentation: TrackSegmentation) {
    let chunks = Array(unfinishedPartChunks)
    guard let first = chunks.first, let last = chunks.last else { return }
    // bounded: the chunks before the unfinished part
    let before = self.chunks.dropLast(chunks.count).last.map { $0.lastFrame.addingSaturated(1) }
    let slot = slot(of: first.frameIndex, segmentation)
    let start = max(slot.lowerBound, before ?? firstFrame)
    let after = last.lastFrame.addingSaturated(1)
    let until = max(after, min(slot.upperBound, end ?? after))
    let duration = duration(of: chunks[...], from: start, until: until, segmentation)
    parts.append(
      Part(segment: number, index: Int64(parts.count), chunks: chunks, duration: duration))
  }

  /// The duration of the segment with the frames that were lost.
  ///
  /// - Parameters:
  ///   - end: the index of the frame with which the next segment begins; nil if nothing follows its
  ///     last chunk directly.
  ///   - segmentation: the segmentation of the track.
  /// - Returns: ticks, at most those of its number, and at least those of its chunks.
  func duration(until end: Int64?, _ segmentation: TrackSegmentation) -> Int64 {
    guard let last = chunks.last else { return 0 }
    let after = last.lastFrame.addingSaturated(1)
    let most = firstFrame.addingSaturated(
      segmentation.video.maximumFramesPerSegment.flatMap { segmentation.isAudio ? nil : $0 }
        ?? (segmentation.hasVariableDuration ? .max : segmentation.frames(in: number)))
    return duration(
      of: chunks[...], from: firstFrame, until: max(after, min(most, end ?? after)), segmentation)
  }

  /// The frames of the part that contains frame `index`.
  private func slot(of index: Int64, _ segmentation: TrackSegmentation) -> Range<Int64> {
    let count = segmentation.framesPerPart
    let origin =
      segmentation.hasVariableDuration ? firstFrame : segmentation.firstFrame(of: number)
    // bounded: a part has at least one frame
    let part = index.subtractingSaturated(origin) / count
    let start = origin.addingSaturated(part.multipliedSaturated(by: count))
    let end =
      segmentation.hasVariableDuration
      ? .max : origin.addingSaturated(segmentation.frames(in: number))
    return start..<max(start, min(start.addingSaturated(count), end))
  }

  /// The duration of chunks, and of the frames that are missing between two frames.
  private func duration(
    of chunks: ArraySlice<Chunk>, from start: Int64, until end: Int64,
    _ segmentation: TrackSegmentation
  ) -> Int64 {
    let (frames, ticks) = chunks.reduce((Int64(0), Int64(0))) {
      ($0.0.addingSaturated($1.frames), $0.1.addingSaturated($1.duration))
    }
    let missing = max(0, end.subtractingSaturated(start).subtractingSaturated(frames))
    return ticks.addingSaturated(missing.multipliedSaturated(by: segmentation.ticksPerFrame))
  }
}
