// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import ChunkStream
import Media
import Packaging
import Sharing
import Time

/// Checks one track of a feed, and publishes it in the track's window.
///
/// Segments have consecutive numbers, frames are in order, times can be expressed, and headers fit
/// the chunks, whatever the upstream sends. Confined to one thread.
struct UpstreamTrack {
  /// Whether the window can continue with a segment.
  enum Continuity { case kept, lost }

  /// The use of the chunks that follow.
  private enum Use {
    /// They are published.
    case taken
    /// The window has the segment, or has had it.
    case skipped
    /// The segment has no media.
    case gap
  }

  private let window: LiveWindow
  private var receiver: TrackReceiver
  /// The newest segment; nil before the first.
  private(set) var newestSegment: Int64?
  /// Whether that has no media.
  private var isNewestGap = false
  /// Whether that is to have media, and no chunk has arrived yet.
  private var isNewestEmpty = false
  private var use = Use.skipped
  /// The hashes of the newest headers.
  private var headers: [String] = []
  private var isLive = false

  /// The most headers that are known; a window keeps no more.
  private static let mostHeaders = 8

  /// A track for the window of a video rendition, or of the audio if `rendition` is nil.
  init(_ window: LiveWindow, _ rendition: RenditionSettings?, _ configuration: StreamConfiguration)
  {
    self.window = window
    receiver = TrackReceiver(window, rendition, configuration)
  }

  /// Takes a CMAF header; the first one describes the track.
  mutating func describe(_ fields: TrackFields) throws(MessageError) {
    let description = try receiver.description(fields)
    if headers.isEmpty { window.describe(description) } else { window.add(description) }
    headers.removeAll { $0 == description.headerHash }
    headers = headers.suffix(Self.mostHeaders - 1) + [description.headerHash]
  }

  /// Opens the window, once; false if it has no media yet.
  mutating func goLive() -> Bool {
    guard newestSegment != nil, !isNewestEmpty else { return false }
    if !isLive { window.goLive() }
    isLive = true
    return true
  }

  /// Takes the start of a segment.
  ///
  /// - Returns: whether the window can continue with it.
  mutating func begin(_ fields: FeedSegment) throws(MessageError) -> Continuity {
    guard !headers.isEmpty else { throw .invalid(field: "a track", value: "without a header") }
    if let newestSegment {
      use = fields.number < newestSegment ? .skipped : isNewestGap ? .gap : .taken
      guard fields.number > newestSegment else { return .kept }
      guard fields.number == newestSegment + 1 else { return .lost }
      // The window would lack a number: its segments are consecutive.
      guard !isNewestEmpty else {
        throw .invalid(field: "a segment", value: "\(newestSegment), without media")
      }
    }
    try check(fields)
    newestSegment = fields.number
    isNewestGap = fields.gap != nil
    isNewestEmpty = !isNewestGap
    use = isNewestGap ? .gap : .taken
    let start = SegmentStart(fields)
    if let duration = fields.gap {
      window.leaveOut(start, duration: duration)
    } else {
      window.place(start)
    }
    return .kept
  }

  private func check(_ fields: FeedSegment) throws(MessageError) {
    let segmentation = window.segmentation
    try receiver.checkTime(of: fields.firstFrame)
    if let hash = fields.period.headerHash, !headers.contains(hash) {
      throw .invalid(field: "the hash of a header", value: hash)
    }
    guard
      segmentation.hasVariableDuration
        || segmentation.segment(of: fields.firstFrame) == fields.number
    else {
      throw .invalid(field: "a segment number", value: "\(fields.number), which lacks the frame")
    }
    try receiver.checkTime(of: segmentation.firstFrame(of: fields.number + 1))
    try check(fields.period, before: fields)
  }

  /// Checks that a period begins with a segment or before it.
  private func check(_ period: FeedPeriod, before segment: FeedSegment) throws(MessageError) {
    if let number = period.firstSegment, number > segment.number {
      throw .invalid(field: "a period", value: "from segment \(number)")
    }
    guard let frame = period.firstFrame else { return }
    try receiver.checkTime(of: frame)
    // With variable duration a period may begin with a gap, whose first frame is nominal.
    guard window.segmentation.hasVariableDuration || frame <= segment.firstFrame else {
      throw .invalid(field: "a period", value: "from frame \(frame)")
    }
  }

  /// Takes an event, which the chunks carry; a text that is not JSON is no event.
  func note(_ fields: FeedEvent) {
    let data = Array(fields.text.utf8)
    guard TimedEvent.isJSON(data) else { return }
    window.note(TimedEvent(id: fields.id, time: fields.time, data: data))
  }

  /// Takes a chunk; one that the window has is skipped.
  ///
  /// - Returns: whether it was published.
  mutating func take(_ fields: FeedChunk, _ bytes: SharedBytes) throws(MessageError) -> Bool {
    guard let newestSegment else { throw .invalid(field: "a chunk", value: "before its segment") }
    switch use {
    case .skipped: return false
    case .gap: throw .invalid(field: "a chunk", value: "in a segment without media")
    case .taken: break
    }
    if let end = receiver.published?.end, fields.frameIndex < end { return false }
    let hasVariableDuration = window.segmentation.hasVariableDuration
    guard
      hasVariableDuration
        || window.segmentation.segment(of: fields.frameIndex) == newestSegment
    else { throw .invalid(field: "a chunk", value: "of another segment") }
    // Viewers of coded frames get the samples, so a chunk without them is no chunk.
    do throws(TrackHeaderError) {
      _ = try ChunkSamples(bytes)
    } catch {
      throw .invalid(field: "a chunk", value: "\(error)")
    }
    try receiver.check(
      ChunkFields(
        frameIndex: fields.frameIndex, frames: fields.frames,
        segment: hasVariableDuration ? newestSegment : nil, isIndependent: fields.isIndependent,
        duration: fields.duration, captured: fields.captured))
    let now = SystemClock.wallTime
    let chunk = Chunk(
      frameIndex: fields.frameIndex, frames: fields.frames,
      segment: hasVariableDuration ? newestSegment : nil, isIndependent: fields.isIndependent,
      duration: fields.duration, captured: fields.captured,
      published: isLive ? now : min(fields.published, now), bytes: bytes)
    if isLive { window.publish(chunk) } else { window.appendPrefill(chunk) }
    isNewestEmpty = false
    return true
  }
}

extension SegmentStart {
  fileprivate init(_ fields: FeedSegment) {
    let period = fields.period
    self.init(
      number: fields.number, firstFrame: fields.firstFrame,
      programDateTime: fields.programDateTime, startsDiscontinuity: fields.startsDiscontinuity,
      period: DiscontinuityPeriod(
        index: period.index, firstSegment: period.firstSegment, firstFrame: period.firstFrame,
        offset: period.offset, headerHash: period.headerHash),
      isPrefill: fields.isPrefill, discontinuities: fields.discontinuities)
  }
}
