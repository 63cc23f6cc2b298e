// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Packaging
import Sharing
import Time

/// Fills the window with slate before a stream goes live.
///
/// The first playlist is then full, and after a restart no number is missing: players see a pause,
/// not an end. The slate is encoded faster than real time. Two segments are encoded and copied
/// alternately, since neighbouring IDRs must differ in `idr_pic_id` (ITU-T H.264 §7.4.3). The open
/// segment is encoded frame by frame: the stream continues in the same encoder session without
/// another IDR.
struct Prefill {
  let segmentation: Segmentation
  let clock: StreamClock
  let inputDelay: Interval
  /// The first segment of the window.
  let first: Int64
  /// Complete segments before the open one.
  let length: Int64
  /// Ends the prefill early.
  let stop: StopFlag

  /// How long the encoding of the open segment may take.
  private static let timeout = Interval.seconds(3)
  /// The most gaps after a pause: more than any playlist lists.
  private static let maximumGaps: Int64 = 10_000

  /// Encodes the prefill, up to the frame that is due now.
  ///
  /// - Parameters:
  ///   - track: the rendition whose window is filled.
  ///   - slate: the frame.
  ///   - now: reads the monotonic clock.
  /// - Returns: the frame index with which the stream goes live; without meaning if it was stopped.
  /// - Throws: the encoder's error.
  func fill(
    _ track: inout VideoTrack, with slate: VideoFrame, now: () -> MonotonicTime
  ) throws(FFmpegError) -> Int64 {
    let open = first + length
    let templates = try encodeTemplates(&track, slate, before: open)
    guard !stop.isSet else { return segmentation.firstFrame(of: open) }
    for number in first..<open {
      let template = templates[Int(open - 1 - number) % templates.count]
      for (index, coded) in template.enumerated() {
        track.prefill(coded, frameIndex: segmentation.firstFrame(of: number) + Int64(index))
      }
    }
    var frameIndex = segmentation.firstFrame(of: open)
    // An encoder slower than real time never reaches the due frame; the stream then starts late.
    let limit = now() + Self.timeout
    while clock.due(frameIndex, on: segmentation.grid) + inputDelay <= now(), now() < limit,
      !stop.isSet
    {
      try fill(&track, with: slate, from: frameIndex, to: frameIndex + 1)
      frameIndex += 1
    }
    return frameIndex
  }

  /// Encodes slate from frame index `first` up to the one before `end`; `isPublished`: readers see
  /// each frame at once.
  func fill(
    _ track: inout VideoTrack, with slate: VideoFrame, from first: Int64, to end: Int64,
    isPublished: Bool = false
  ) throws(FFmpegError) {
    for frameIndex in first..<max(first, end) {
      if stop.isSet { return }
      for coded in try track.encode(slate, frameIndex: frameIndex) {
        if isPublished {
          let frameTime = WallTime(segmentation.grid.frameTime(of: frameIndex), plus: .zero)
          _ = track.publish(coded, frameIndex: frameIndex, frames: 1, captured: frameTime)
        } else {
          track.prefill(coded, frameIndex: frameIndex)
        }
      }
    }
  }

  /// Continues after what an earlier encoder has published, up to the frame that is due now.
  ///
  /// The first frame is an IDR, so that it continues the segment. After a long pause the segments
  /// in between are gaps.
  ///
  /// - Returns: the frame index with which the stream continues.
  func resume(
    _ track: inout VideoTrack, with slate: VideoFrame, after published: ResumePoint,
    leaveOut: (Int64) -> Void
  ) throws(FFmpegError) -> Int64 {
    var frameIndex = published.end
    let due = clock.frame(atOrAfter: SystemClock.monotonicTime, on: segmentation.grid)
    if segmentation.grid.duration(ofFrames: due - frameIndex) > Self.timeout {
      let current = segmentation.segment(of: due)
      let missing = segmentation.segment(of: frameIndex - 1) + 1
      guard current - missing <= Self.maximumGaps else {
        throw FFmpegError("", -1, "the stream has paused for too long")
      }
      for number in missing..<max(missing, current) { leaveOut(number) }
      frameIndex = segmentation.firstFrame(of: current)
    }
    let limit = SystemClock.monotonicTime + Self.timeout
    while clock.due(frameIndex, on: segmentation.grid) + inputDelay <= SystemClock.monotonicTime,
      SystemClock.monotonicTime < limit, !stop.isSet
    {
      try fill(&track, with: slate, from: frameIndex, to: frameIndex + 1, isPublished: true)
      frameIndex += 1
    }
    return frameIndex
  }

  /// The last two segments before `open`, encoded, newest first.
  private func encodeTemplates(
    _ track: inout VideoTrack, _ slate: VideoFrame, before open: Int64
  ) throws(FFmpegError) -> [[EncodedFrame]] {
    var templates: [[EncodedFrame]] = []
    for number in max(first, open - 2)..<open {
      var coded: [EncodedFrame] = []
      for index in 0..<segmentation.framesPerSegment {
        if stop.isSet { return templates }
        coded += try track.encode(slate, frameIndex: segmentation.firstFrame(of: number) + index)
      }
      templates.insert(coded, at: 0)
    }
    return templates
  }
}
