// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import Media
import Packaging
import Sharing
import Stills
import Time

/// The frame of an instant that has left the window of a rendition.
///
/// Each call may block for as long as the disk does.
struct PastInstant: Sendable {
  /// A frame in the archive.
  struct Found: Sendable {
    let frame: InstantDocument.Frame
    let segment: ArchivedSegment
    /// The frames of the segment.
    let frames: [SegmentIndex.Frame]
  }

  let time: WallTime
  let rendition: ServedRendition

  /// The frame, and the time of its capture.
  func read(_ reader: ArchiveReader) throws(ArchiveFailure) -> Found {
    let found = try find(reader)
    let head = FrameRanges.head(found.frame.position, of: found.frames)
    let bytes = try reader.bytes(of: found.segment, head).array
    return Found(
      frame: InstantDocument.Frame(
        segment: found.frame.segment, position: found.frame.position,
        frameIndex: found.frame.frameIndex, offset: found.frame.offset,
        captured: Self.captureTime(bytes) ?? found.frame.captured),
      segment: found.segment, frames: found.frames)
  }

  /// The chunks from the key frame to the frame, for its still.
  func still(
    _ reader: ArchiveReader, _ track: StillTrack, width: UInt16?, in media: StillMediaBudget
  ) throws(ArchiveFailure) -> StillRequest {
    let found = try find(reader)
    let position = found.frame.position
    guard found.frames[0].isSync,
      let header = try reader.header(found.segment.headerHash, of: rendition.name)
    else { throw .missing }
    let end = FrameRanges.chunk(position, of: found.frames).upperBound
    guard let memory = media.share(of: end) else { throw .busy }
    let bytes = try reader.bytes(of: found.segment, 0..<end).array
    var chunks: [SharedBytes] = []
    for index in 0...position {
      let range = FrameRanges.chunk(index, of: found.frames).clamped(to: bytes.indices)
      chunks.append(SharedBytes(Array(bytes[range])))
    }
    return StillRequest(
      name: StillName(
        track: track, segment: found.segment.number, frame: position, width: width),
      header: header, chunks: chunks, isNewest: false, memory: memory)
  }

  private func find(_ reader: ArchiveReader) throws(ArchiveFailure) -> Found {
    let segments = try reader.segments(
      during: time..<time + .nanoseconds(1), of: rendition.name)
    guard let segment = segments.last else { throw .missing }
    var indices = SegmentIndices()
    let index = try indices.index(of: segment).index
    let scale = Int64(max(1, segment.timescale))
    let media = Interval(ticks: index.decodeTime, timescale: scale)
    let elapsed = Int128((time - segment.row.start).nanoseconds) + Int128(media.nanoseconds)
    let tick = Int64(clamping: floorDivide(elapsed * Int128(scale), 1_000_000_000))
    var (position, latest): (Int?, Int64) = (nil, .min)
    var decodeTime = index.decodeTime
    for (number, frame) in index.frames.enumerated() {
      let presentation = decodeTime.addingSaturated(frame.shift)
      if presentation <= tick, presentation >= latest {
        (position, latest) = (number, presentation)
      }
      decodeTime = decodeTime.addingSaturated(frame.duration)
    }
    guard let position else { throw .missing }
    // The position of the shown frame; the times are those of the grid.
    let segmentation = rendition.window.segmentation
    let offset = segment.row.start.offset(from: MediaTime.origin + media)
    return Found(
      frame: InstantDocument.Frame(
        segment: segment.number, position: position,
        frameIndex: segmentation.frame(
          at: MediaTime.origin + Interval(ticks: latest, timescale: scale) + .nanoseconds(1)),
        offset: offset, captured: time),
      segment: segment, frames: index.frames)
  }

  private static func captureTime(_ bytes: [UInt8]) -> WallTime? {
    var boxes = BoxReader(bytes)
    while let box = try? boxes.next() {
      if box.type == "prft" { return (try? ProducerReferenceTime(box))?.time }
    }
    return nil
  }
}

/// The bytes of frames in a segment of the archive.
///
/// Ranges are empty if the frames of a damaged file are not in the order of their bytes.
enum FrameRanges {
  /// The bytes of the chunk of a frame: from the end of the frame before on.
  static func chunk(_ position: Int, of frames: [SegmentIndex.Frame]) -> Range<Int> {
    let start = position > 0 ? frames[position - 1].offset + frames[position - 1].size : 0
    let end = frames[position].offset + frames[position].size
    return min(start, end)..<end
  }

  /// The bytes of the chunk of a frame before its payload.
  static func head(_ position: Int, of frames: [SegmentIndex.Frame]) -> Range<Int> {
    let start = chunk(position, of: frames).lowerBound
    return start..<max(start, frames[position].offset)
  }
}
