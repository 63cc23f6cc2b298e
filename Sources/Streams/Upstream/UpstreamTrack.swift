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
struct UpstreamTrack: ReceivedTrack {
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
  /// The newest headers; the window has those that segments have used.
  private var headers: [TrackDescription] = []
  private var isLive = false

  /// The most headers that are known: more than a window has segments by default, since each
  /// segment may have one of its own.
  private static let maximumHeaders = 256

  /// A track for the window of `track`.
  init(_ window: LiveWindow, _ track: SessionTrack) {
    self.window = window
    receiver = TrackReceiver(window, track)
  }

  /// Takes a CMAF header; the first one describes the track.
  mutating func describe(_ fields: TrackFields) throws(MessageError) {
    let description = try receiver.description(fields)
    if headers.isEmpty { window.describe(description) }
    headers.removeAll { $0.headerHash == description.headerHash }
    headers = headers.suffix(Self.maximumHeaders - 1) + [description]
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
  mutating func begin(_ start: SegmentStart, gap: Int64?) throws(MessageError) -> Continuity {
    guard !headers.isEmpty else { throw .invalid(field: "a track", value: "without a header") }
    if let newestSegment {
      use = start.number < newestSegment ? .skipped : isNewestGap ? .gap : .taken
      guard start.number > newestSegment else { return .kept }
      guard start.number == newestSegment + 1 else { return .lost }
      // The window would lack a number: its segments are consecutive.
      guard !isNewestEmpty else {
        throw .invalid(field: "a segment", value: "\(newestSegment), without media")
      }
    }
    try check(start)
    newestSegment = start.number
    isNewestGap = gap != nil
    isNewestEmpty = !isNewestGap
    use = isNewestGap ? .gap : .taken
    if let gap {
      window.leaveOut(start, duration: gap)
    } else {
      window.place(start)
    }
    return .kept
  }

  private func check(_ start: SegmentStart) throws(MessageError) {
    let segmentation = window.segmentation
    try receiver.checkTime(of: start.firstFrame)
    if let hash = start.period.headerHash {
      guard let header = headers.last(where: { $0.headerHash == hash }) else {
        throw .invalid(field: "the hash of a header", value: hash)
      }
      // The window keeps a header as long as a segment has it.
      if window.description?.headerHash != hash { window.add(header) }
    }
    guard
      segmentation.hasVariableDuration
        || segmentation.segment(of: start.firstFrame) == start.number
    else {
      throw .invalid(
        field: "a segment number",
        value: "segment \(start.number) does not contain frame \(start.firstFrame)")
    }
    try receiver.checkTime(of: segmentation.firstFrame(of: start.number + 1))
    try check(start.period, before: start)
  }

  /// Checks that a period begins with a segment or before it.
  private func check(
    _ period: DiscontinuityPeriod, before segment: SegmentStart
  ) throws(MessageError) {
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
  func note(_ event: TimedEvent) { if TimedEvent.isJSON(event.data) { window.note(event) } }

  /// Takes a chunk; one that the window has is skipped.
  ///
  /// - Returns: whether it was published.
  mutating func take(_ message: ChunkMessage) throws(MessageError) -> Bool {
    guard let newestSegment else { throw .invalid(field: "a chunk", value: "before its segment") }
    switch use {
    case .skipped: return false
    case .gap: throw .invalid(field: "a chunk", value: "in a segment without media")
    case .taken: break
    }
    let chunk = message.chunk
    if let end = receiver.published?.end, chunk.frameIndex < end { return false }
    let segmentation = window.segmentation
    let nominal = segmentation.segment(of: chunk.frameIndex)
    guard chunk.segment ?? nominal == newestSegment,
      segmentation.hasVariableDuration || nominal == newestSegment
    else { throw .invalid(field: "a chunk", value: "of another segment") }
    // Viewers of coded frames get the samples, so a chunk without them is no chunk.
    let samples: ChunkSamples
    do throws(BoxError) {
      samples = try ChunkSamples(chunk.bytes)
    } catch {
      throw .invalid(field: "a chunk", value: "\(error)")
    }
    guard samples.entries.first.map({ $0.shift == chunk.shift }) ?? true else {
      throw .invalid(field: "the shift of a chunk", value: "\(chunk.shift)")
    }
    try receiver.check(chunk)
    let now = SystemClock.wallTime
    let taken = Chunk(chunk, published: isLive ? now : min(chunk.published, now))
    if isLive { window.publish(taken) } else { window.appendPrefill(taken) }
    isNewestEmpty = false
    return true
  }
}
