// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Media
import Packaging
import Scheduling
import Sharing
import Time

/// One rendition of a pass-through stream: its access units as chunks, and its CMAF header.
struct PassThroughOutput: Sendable {
  private let writer = ChunkWriter()
  /// Name, size and bitrate.
  let settings: RenditionSettings
  /// Takes the chunks.
  let sink: any ChunkSink
  /// The index of its track among those of the source.
  let track: Int
  let segmentation: Segmentation

  /// The chunk of an access unit, which is presented `shift` frames after it is decoded.
  ///
  /// Key frames have the parameter sets of `video`, the description of the track.
  func chunk(
    _ unit: AccessUnit, of video: InputDescription.Video, _ position: PassThroughSchedule.Position,
    shift: Int64 = 0
  ) -> Chunk {
    let duration = segmentation.grid.rate.ticksPerFrame
    let ticks = Int32(clamping: shift.multipliedSaturated(by: duration))
    let sample = Sample(
      payload: unit.sample(of: video), decodeTime: segmentation.grid.ticks(position.frameIndex),
      duration: UInt32(duration), captured: position.captured,
      sequence: UInt32(truncatingIfNeeded: position.frameIndex + 1), isSync: unit.isKey,
      shift: ticks)
    return Chunk(
      frameIndex: position.frameIndex, segment: position.segment, isIndependent: unit.isKey,
      duration: duration, shift: Int64(ticks), captured: position.captured,
      published: SystemClock.wallTime,
      bytes: writer.chunk(sample, startsSegment: position.indexInSegment == 0))
  }

  /// The constants of the rendition with frames of `size`.
  ///
  /// - Throws: the error in the parameter sets.
  func description(
    _ video: InputDescription.Video, _ size: VideoSize
  ) throws(FFmpegError) -> TrackDescription {
    let header = try PassThroughHeader(video, size: size, rate: segmentation.grid.rate)
    return TrackDescription(
      settings, segmentation, codecs: header.codecs, size: size, header: header.bytes)
  }
}
