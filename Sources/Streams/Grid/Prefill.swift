// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Packaging

/// Fills the window with slate before a stream goes live.
///
/// With it the first playlist is a full one, and after a restart no number is missing: players notice a pause and no
/// end. The slate goes through the real encoder, faster than real time. Two segments are encoded and copied
/// alternately, since neighbouring IDR pictures must differ in `idr_pic_id` (ITU-T H.264 §7.4.3); the segment that has
/// begun is encoded frame by frame, so that the stream goes on in the same encoder session without a new IDR.
struct Prefill {
  let segmentation: Segmentation
  let clock: StreamClock
  let inputDelay: Int64
  /// The first segment of the window.
  let first: Int64
  /// Complete segments before the one that has begun.
  let length: Int64

  /// How long the segment that has begun may take; nanoseconds.
  static let patience: Int64 = 3_000_000_000

  /// Encodes and records the history, up to the frame that is due now.
  ///
  /// - Parameters:
  ///   - track: the rendition whose window is filled.
  ///   - slate: the picture.
  ///   - now: reads the monotonic clock.
  /// - Returns: the frame with which the stream goes live.
  /// - Throws: the encoder's error.
  func fill(
    _ track: inout VideoTrack, with slate: VideoFrame, now: () -> Int64
  ) throws(FFmpegError) -> Int64 {
    let begun = first + length
    let templates = try encodeTemplates(&track, slate, before: begun)
    for number in first..<begun {
      let template = templates[Int(begun - 1 - number) % templates.count]
      for (position, coded) in template.enumerated() {
        track.record(coded, frame: segmentation.firstFrame(of: number) + Int64(position))
      }
    }
    var frame = segmentation.firstFrame(of: begun)
    // An encoder slower than real time would never come to the frame that is due; the stream begins behind instead.
    let limit = now() + Self.patience
    while clock.due(frame, on: segmentation.grid) + inputDelay <= now(), now() < limit {
      for coded in try track.encode(slate, frame: frame) { track.record(coded, frame: frame) }
      frame += 1
    }
    return frame
  }

  /// Encodes and records slate from frame `first` up to the one before `end`.
  func fill(
    _ track: inout VideoTrack, with slate: VideoFrame, from first: Int64, to end: Int64
  ) throws(FFmpegError) {
    for frame in first..<max(first, end) {
      for coded in try track.encode(slate, frame: frame) { track.record(coded, frame: frame) }
    }
  }

  /// The last segments before `begun` as the encoder makes them: the newest first.
  private func encodeTemplates(
    _ track: inout VideoTrack, _ slate: VideoFrame, before begun: Int64
  ) throws(FFmpegError) -> [[EncodedFrame]] {
    var templates: [[EncodedFrame]] = []
    for number in max(first, begun - 2)..<begun {
      var coded: [EncodedFrame] = []
      for position in 0..<segmentation.framesPerSegment {
        coded += try track.encode(slate, frame: segmentation.firstFrame(of: number) + position)
      }
      templates.insert(coded, at: 0)
    }
    return templates
  }
}
