// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import ChunkStream
import Media
import Packaging
import Sharing
import Time

/// Checks what a process of its own publishes on one track, and publishes it in the track's window.
///
/// Frames are in order, segment numbers never fall, times can be expressed, and headers fit the
/// chunks, whatever the process sends. Confined to one thread.
struct TrackReceiver: ReceivedTrack {
  /// The most opening chunks: more than any part has.
  private static let maximumOpening = 10_000

  /// The end of what was published; nil before the first chunk.
  private(set) var published: ResumePoint?
  /// The end of what was received: opening chunks are not published yet.
  private var received: ResumePoint?
  /// The header with which the track was described.
  private var headerHash: String?
  private let window: LiveWindow
  private let track: SessionTrack
  private var isLive = false
  private var opening: [Chunk] = []
  /// The frames of the newest segment.
  private var framesInSegment: Int64 = 0
  /// Whether the newest segment is a gap, which takes no chunks.
  private var isGap = false

  /// A receiver for the window of `track`.
  init(_ window: LiveWindow, _ track: SessionTrack) {
    self.window = window
    self.track = track
  }

  private var segmentation: TrackSegmentation { window.segmentation }

  /// Notes that another process continues the track.
  mutating func restart() {
    opening = []
    received = published
  }

  /// The least number of a segment that begins now.
  private var nextSegment: Int64 {
    // bounded: a segment number is at most that of the distant future
    received.map { $0.segment + 1 } ?? 0
  }

  /// Takes the constants of the track.
  ///
  /// - Returns: false if an earlier process had others: the session cannot continue.
  mutating func describe(_ fields: TrackFields) throws(MessageError) -> Bool {
    let description = try description(fields)
    if let headerHash { return headerHash == description.headerHash }
    headerHash = description.headerHash
    window.describe(description)
    return true
  }

  /// Opens the window, once.
  mutating func goLive() throws(MessageError) {
    guard headerHash != nil else { throw .invalid(field: "a track", value: "without a header") }
    guard !isLive else { return }
    isLive = true
    window.goLive()
  }

  /// Takes a chunk.
  mutating func take(_ message: ChunkMessage) throws(MessageError) {
    guard headerHash != nil else { throw .invalid(field: "a track", value: "without a header") }
    try check(message.chunk, isOpening: message.role == .opening)
    let chunk = Chunk(
      message.chunk, published: message.role == .prefill ? .origin : SystemClock.wallTime)
    switch message.role {
    case .prefill where !isLive: window.appendPrefill(chunk)
    case .prefill, .next: window.publish(chunk, offset: message.offset)
    case .opening:
      guard opening.count < Self.maximumOpening else {
        throw .tooLarge(
          field: "a first part", count: opening.count + 1, limit: Self.maximumOpening)
      }
      opening.append(chunk)
    }
  }

  /// Checks position and duration of a chunk, and notes it as the newest, which is published
  /// unless it is an opening one.
  mutating func check(_ chunk: Chunk, isOpening: Bool = false) throws(MessageError) {
    let last = chunk.lastFrame
    guard chunk.frameIndex >= received?.end ?? 0 else {
      throw .invalid(field: "a frame index", value: "\(chunk.frameIndex), which is not the next")
    }
    // bounded: both numbers have 32 bits at most
    guard chunk.duration == chunk.frames * segmentation.ticksPerFrame else {
      throw .invalid(field: "the duration of a chunk", value: "\(chunk.duration)")
    }
    try checkTime(of: last + 1)
    let number = chunk.segment ?? segmentation.segment(of: chunk.frameIndex)
    let isSame = number == received?.segment
    // A period begins with a segment, and its first part precedes further chunks.
    let begins = isGap || isOpening && opening.isEmpty
    guard number >= nextSegment || isSame && !begins, isOpening || opening.isEmpty else {
      throw .invalid(field: "a segment number", value: "\(number), which is not the next")
    }
    if segmentation.hasVariableDuration {
      framesInSegment = (isSame ? framesInSegment : 0) + chunk.frames
      guard framesInSegment <= maximumFrames else {
        throw .tooLarge(
          field: "a segment", count: Int(framesInSegment), limit: Int(maximumFrames))
      }
    } else {
      guard number == segmentation.segment(of: last),
        number == segmentation.segment(of: chunk.frameIndex)
      else {
        throw .invalid(
          field: "a segment number",
          value: "segment \(number) does not contain frame \(chunk.frameIndex)")
      }
    }
    received = ResumePoint(segment: number, end: last + 1)
    isGap = false
    if !isOpening { published = received }
  }

  /// Checks that a frame time can be expressed: arithmetic with later ones would overflow.
  func checkTime(of frameIndex: Int64) throws(MessageError) {
    guard segmentation.frameTime(of: frameIndex) < .distantFuture else {
      throw .invalid(field: "a frame index", value: "\(frameIndex), whose time is too late")
    }
  }

  /// The most frames in a segment of variable duration.
  private var maximumFrames: Int64 {
    let longest = segmentation.video.maximumSegmentDuration
    return segmentation.frames(covering: longest) + 2
  }

  /// Begins a period with the opening chunks.
  mutating func begin(_ period: PeriodFields) throws(MessageError) {
    guard !opening.isEmpty else { throw .invalid(field: "a period", value: "without a chunk") }
    let track = try period.track.map { fields throws(MessageError) in try description(fields) }
    window.begin(opening, offset: period.offset, skipped: period.skipped, track: track)
    opening = []
    published = received
  }

  /// Announces a step of the wall clock.
  func announce(offset: Interval, skipped: Int64) {
    window.announce(offset: offset, skipped: skipped)
  }

  /// Makes a segment a gap.
  mutating func leaveOut(_ number: Int64) throws(MessageError) {
    guard number >= nextSegment, opening.isEmpty else {
      throw .invalid(field: "a segment number", value: "\(number), which is not the next")
    }
    let end = segmentation.firstFrame(of: number + 1)
    try checkTime(of: end)
    window.leaveOut(number)
    isGap = true
    received = ResumePoint(segment: number, end: end)
    published = received
  }

  /// Checks that a header fits the chunks.
  private func check(_ fields: TrackFields) throws(BoxError) {
    try TrackHeader.check(
      fields.header, trackID: ChunkWriter().trackID, timescale: Int(segmentation.timescale),
      codecs: fields.codecs)
  }

  /// The constants of the track; names and bitrates are those of the configuration.
  func description(_ fields: TrackFields) throws(MessageError) -> TrackDescription {
    do throws(BoxError) { try check(fields) } catch {
      throw .invalid(field: "a CMAF header", value: "\(error)")
    }
    switch track {
    case .audio(let settings, let segmentation):
      guard fields.channels > 0 else {
        throw .invalid(field: "the number of channels", value: "\(fields.channels)")
      }
      return TrackDescription(
        settings, segmentation, codecs: fields.codecs, channels: Int(fields.channels),
        header: fields.header)
    case .video(let settings, let segmentation):
      guard let size = VideoSize(width: Int(fields.width), height: Int(fields.height)) else {
        throw .invalid(field: "a size", value: "\(fields.width)x\(fields.height)")
      }
      return TrackDescription(
        settings, segmentation, codecs: fields.codecs, size: size, header: fields.header)
    }
  }
}
