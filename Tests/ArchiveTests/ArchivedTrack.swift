// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import Media
import Packaging
import Sharing
import System
import TestSupport
import Time

/// A window that gets CMAF chunks, and a folder that is removed at the end.
struct ArchivedTrack {
  let segmentation: Segmentation
  let window: LiveWindow
  private(set) var next: Int64
  private let writer = ChunkWriter()

  /// The CMAF header of a stream in this language.
  static func header(_ language: UInt16 = 0x55C4) -> [UInt8] {
    HeaderBytes.video(nil, language: language, timescale: 90_000)
  }

  static func description(
    _ segmentation: Segmentation, _ header: [UInt8]
  ) -> TrackDescription {
    TrackDescription(
      rendition: "video", codecs: "avc1.64001e", bandwidth: 1_000_000,
      content: .audio(channels: 1),
      segmentation: .video(segmentation), header: header)
  }

  /// A stream with segments of 200 ms from the frame at or after `start` on.
  init(
    from start: WallTime, retained: Int = 60, segmentMicroseconds: Int64 = 200_000,
    header: [UInt8] = ArchivedTrack.header()
  ) {
    segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: segmentMicroseconds, partMicroseconds: 100_000)
    window = LiveWindow(segmentation: .video(segmentation), playlistLength: 10, retained: retained)
    window.describe(Self.description(segmentation, header))
    let frame = segmentation.grid.atOrAfter(MediaTime(nanoseconds: start.nanoseconds))
    next = segmentation.firstFrame(
      of: segmentation.segment(of: frame + segmentation.framesPerSegment - 1))
    window.goLive()
  }

  /// The chunk of frame `index`, whose payload depends on its number.
  func chunk(_ index: Int64) -> Chunk {
    let isFirst = segmentation.position(of: index) == 0
    let tick = WallTime(segmentation.grid.frameTime(of: index), plus: .zero)
    let sample = Sample(
      payload: [UInt8](
        repeating: UInt8(truncatingIfNeeded: index), count: 5 + Int(index % 7)),
      decodeTime: index * segmentation.grid.rate.ticksPerFrame,
      duration: UInt32(segmentation.grid.rate.ticksPerFrame), captured: tick,
      sequence: UInt32(truncatingIfNeeded: index), isSync: isFirst)
    return Chunk(
      frameIndex: index, isIndependent: isFirst, duration: segmentation.grid.rate.ticksPerFrame,
      captured: tick, published: tick,
      bytes: writer.chunk(sample, startsSegment: isFirst))
  }

  mutating func publish(frames count: Int64) {
    for _ in 0..<count {
      window.publish(chunk(next))
      next += 1
    }
  }

  /// The next frame was published by the caller.
  mutating func skip() { next += 1 }

  mutating func publish(segments count: Int64) {
    publish(frames: count * segmentation.framesPerSegment)
  }

  /// The bytes of each complete segment of the window.
  var segments: [Int64: [UInt8]] {
    Dictionary(
      uniqueKeysWithValues: window.snapshot.segments.map {
        ($0.number, $0.chunks.flatMap(\.bytes.array))
      })
  }
}

extension ArchiveReader {
  /// The numbers of frames of segments, in the order of the segments.
  func frameCounts(
    _ numbers: ClosedRange<Int64>, of rendition: String
  ) throws(ArchiveFailure) -> [Int] {
    var indices = SegmentIndices()
    var counts: [Int] = []
    for segment in try segments(numbers, of: rendition) {
      counts.append(try indices.index(of: segment).frames.count)
    }
    return counts
  }
}

/// The whole content of a file.
func content(_ path: String) throws -> [UInt8] {
  let file = try DiskFile(path, .reading)
  return try file.read(at: 0, count: try file.size)
}
