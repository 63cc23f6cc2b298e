// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import Time

/// Groups chunks into parts and segments and slides the window: a pure state machine.
///
/// The segmentation closes a part or a segment with its last frame, so no duration depends on the
/// next frame unless that last frame is lost. With variable duration the key frame that begins the
/// next segment closes a segment and its last part.
struct WindowState: Sendable {
  let segmentation: TrackSegmentation
  /// The number of complete segments in playlists.
  let playlistLength: Int
  /// Which segments playlists list.
  let listing: ListedSegments

  /// Whether gaps are outages of the source, which a Discontinuity follows.
  let marksOutages: Bool

  private(set) var state = WindowSnapshot.State.starting
  var kept: KeptSegments
  private(set) var open: OpenSegment?
  var revision: Int64 = 0
  var version: Int64 = 0
  /// Whether the newest segment is complete and the source is away.
  var isAway = false
  /// The newest number that was listed although its media may still arrive; nil if none was.
  var passed: Int64?
  /// The end of the newest media.
  private(set) var mediaEnd: MediaEnd?
  /// The events of the stream.
  var events = WindowEvents()
  /// The newest segment of the session before; nil without one.
  let publishedBefore: Int64?
  /// The oldest segment that playlists may list.
  let firstListed: Int64
  /// The newest segment of the session before, or the newest gap after it, until the first media of
  /// this session begins; nil if the window began empty.
  var continued: Int64?
  var periods = WindowPeriods()
  /// The number of an open segment that becomes a gap when it is complete.
  var leaving: Int64?
  /// The start of the next segment in the window of another server; nil if this one decides.
  var placed: SegmentStart?

  /// The segments that another process publishes.
  private(set) var departure = Departure()

  init(
    segmentation: TrackSegmentation, playlistLength: Int, retained: Int, byteLimit: Int = .max,
    after earlier: WindowEnd? = nil, with media: EarlierMedia? = nil, marksOutages: Bool = false
  ) {
    self.segmentation = segmentation
    self.playlistLength = playlistLength
    self.marksOutages = marksOutages
    listing = ListedSegments(length: playlistLength, segmentation)
    kept = KeptSegments(limit: retained, byteLimit: byteLimit, listing)
    publishedBefore = earlier?.segment
    firstListed = media?.firstListed ?? .min
    guard let earlier else { return }
    periods = WindowPeriods(after: earlier.period)
    kept.startCounting(from: earlier.discontinuities)
    events = media?.events ?? WindowEvents(past: earlier.events)
    guard let media, let last = media.segments.last?.number else { return }
    kept.begin(with: media.segments)
    mediaEnd = media.segments.last { !$0.isGap }.map { MediaEnd($0, segmentation) }
    continued = last
    version = segmentation.partsBefore(last + 1)  // bounded: the number of a published segment
    revision = 1
  }

  /// The media with which the window of the next session begins; nil if readers have seen none.
  ///
  /// The open segment ends with its last chunk.
  func media(_ tracks: [TrackDescription]) -> EarlierMedia? {
    guard state == .live else { return nil }
    let listed = segments.dropFirst(listing.start(in: segments)).first?.number
    var window = self
    window.closeSegment()
    return EarlierMedia(
      window.segments, tracks, firstListed: max(firstListed, listed ?? firstListed),
      window.events.carried, segmentation, span: span)
  }

  /// Appends the next chunk; chunks are in the order of their frames.
  ///
  /// If a pass-through source loses frames, a part is shorter. After the end chunks are ignored: a
  /// playlist with EXT-X-ENDLIST never changes.
  /// - Parameters:
  ///   - chunk: the chunk.
  ///   - isPrefill: whether it was encoded before the stream went live.
  ///   - offset: wall clock minus media time in the segment that begins with it; nil if it is that
  ///     of the segment before.
  mutating func append(_ chunk: Chunk, isPrefill: Bool, offset: Interval? = nil) {
    guard state != .ended else { return }
    let number = chunk.segment ?? segmentation.segment(of: chunk.frameIndex)
    let isFirst = chunk.frameIndex == segmentation.firstFrame(of: number)
    guard let skipped = departure.skipped(before: number, isFirst: isFirst) else { return }
    if let passed, number <= passed { return }
    periods.skip(skipped)
    if open?.number != number {
      periods.offset = offset ?? periods.offset
      begin(number, at: chunk, isPrefill: isPrefill)
    } else if let loose = open?.unfinishedPartChunks.first,
      part(of: loose.frameIndex) != part(of: chunk.frameIndex)
    {
      open?.closePart(until: chunk.frameIndex, segmentation)
    }
    let end = segmentation.frameTime(of: chunk.lastFrame + 1)
    let chunk =
      isPrefill
      ? chunk
      : events.carried(
        by: chunk, until: end, offset: periods.offset, timescale: segmentation.timescale)
    open?.append(chunk)
    kept.addBytes(chunk.bytes.count)
    forgetEvents()
    revision += 1
    let ends =
      segmentation.hasVariableDuration
      ? (
        // bounded: a part has at least one frame
        part: (position(of: chunk.lastFrame) + 1) % segmentation.framesPerPart == 0, segment: false
      )
      : segmentation.ends(chunk.lastFrame)
    if ends.segment {
      closeSegment()
    } else if ends.part {
      open?.closePart(until: nil, segmentation)
      version = segmentation.partsBefore(number) + Int64(open?.parts.count ?? 0)
    }
  }

  /// Announces a step of the wall clock: the next segment begins with a Discontinuity.
  ///
  /// - Parameters:
  ///   - offset: wall clock minus media time from there on.
  ///   - skipped: the number of segment numbers before it without media.
  ///   - headerHash: the hash of the CMAF header from there on; nil if it does not change.
  mutating func announce(offset: Interval, skipped: Int64, headerHash: String? = nil) {
    periods.skip(skipped)
    periods.announce(offset: offset, headerHash: headerHash)
  }

  /// Sets wall clock minus media time of the first period, before the first chunk.
  mutating func begin(offset: Interval, headerHash: String? = nil) {
    periods.begin(offset: offset, headerHash: headerHash)
  }

  /// Sets the header of the first period, before the first chunk.
  mutating func describe(headerHash: String) { periods.describe(headerHash: headerHash) }

  /// The hashes of the headers of all segments that can be asked for.
  var headerHashes: Set<String> {
    let segments = segments + [kept.lastBeforeSkip].compactMap(\.self)
    let periods = segments.map(\.period) + [open?.period, self.periods.period].compactMap(\.self)
    return Set(periods.compactMap(\.headerHash))
  }

  /// Publishes nothing from segment `first` on: another process continues the window there.
  mutating func leave(before first: Int64) { departure.leave(before: first) }

  /// The other process has failed: the window continues with the next segment that begins.
  mutating func stay() { departure.stay() }

  /// Lets the next segment begin as it has in the window of another server.
  mutating func place(_ start: SegmentStart) {
    if segments.isEmpty, open == nil { kept.startCounting(from: start.discontinuities) }
    placed = start
  }

  /// Adds the event that `make` makes with the next number.
  mutating func addEvent(
    _ make: (inout WindowEvents) throws(EventRefusal) -> TimedEvent
  ) throws(EventRefusal) -> TimedEvent {
    guard state == .live else { throw .notLive }
    let event = try make(&events)
    guard events.add(event) else { throw .tooMany }
    revision += 1
    return event
  }

  /// Keeps an event that the chunks of another server carry.
  mutating func note(_ event: TimedEvent) {
    guard state != .ended else { return }
    events.note(event)
    revision += 1
  }

  /// Adds an event of another rendition, if the window has room.
  mutating func add(_ event: TimedEvent) {
    guard state == .live, events.add(event) else { return }
    revision += 1
  }

  /// Opens the window to readers.
  mutating func goLive() {
    if state == .starting { state = .live }
    revision += 1
  }

  /// Ends the window: the open segment becomes the last one and may be shorter.
  mutating func end() {
    guard state != .ended else { return }
    if open != nil { closeSegment() }
    state = .ended
    revision += 1
  }

  /// The position of frame `index` in the open segment, from 0.
  private func position(of index: Int64) -> Int64 {
    segmentation.hasVariableDuration
      ? index - (open?.firstFrame ?? index) : segmentation.position(of: index)
  }

  // bounded: a part has at least one frame
  private func part(of index: Int64) -> Int64 { position(of: index) / segmentation.framesPerPart }

  private mutating func begin(_ number: Int64, at chunk: Chunk, isPrefill: Bool) {
    if let before = open {
      closeSegment(until: isContinuous(from: before.number, to: number) ? chunk.frameIndex : nil)
    }
    defer { isAway = false }
    if let start = placed.take(), start.number == number {
      periods.period = start.period
      open = OpenSegment(start)
      return
    }
    leadOver(to: number)
    if isAway { periods.interrupt() }
    insertGaps(before: number, at: chunk.frameIndex)
    open = periods.opening(number, at: chunk.frameIndex, segmentation, isPrefill: isPrefill)
    periods.skipped = 0
  }

  /// Whether segment `number` follows an open one without a Discontinuity.
  private func isContinuous(from open: Int64, to number: Int64) -> Bool {
    guard open.addingSaturated(1) == number, continued == nil, !isAway else { return false }
    if let placed, placed.number == number { return !placed.startsDiscontinuity }
    return !periods.isDue
  }

  /// Leads from the newest segment of the session before to the first one of this session.
  ///
  /// Few numbers in between are gaps. If there are more than playlists list, or if numbers have
  /// fallen since the clock was set back, the earlier segments are removed.
  private mutating func leadOver(to number: Int64) {
    guard let last = continued.take() else { return }
    // bounded: numbers of published segments
    let missing = number - last - 1
    if (0...Int64(playlistLength)).contains(missing) {
      periods.skip(missing)
    } else {
      kept.evictAll()
    }
  }

  /// Completes the open segment; `end` is the index of the frame with which the next one begins,
  /// nil if nothing follows its last chunk directly.
  mutating func closeSegment(until end: Int64? = nil) {
    open?.closePart(until: end, segmentation)
    guard let finished = open else { return }
    let segment = Segment(
      opening: finished, duration: finished.duration(until: end, segmentation))
    mediaEnd = MediaEnd(segment, segmentation)
    keep(segment)
    version = segmentation.partsBefore(finished.number + 1)
    open = nil
    if leaving == finished.number {
      leaving = nil
      kept.empty { $0.number == finished.number }
    }
  }

  mutating func keep(_ segment: Segment) {
    kept.append(segment)
    forgetEvents()
  }

  /// Forgets the events before the oldest segment.
  private mutating func forgetEvents() {
    if let first = kept.takeNewFirst() { events.forget(before: first.programDateTime) }
  }

  // MARK: The kept segments

  /// The complete segments, oldest first.
  var segments: [Segment] { kept.segments }

  /// The bytes of all chunks.
  var bytes: [SharedBytes] {
    (segments.flatMap(\.chunks) + (open?.chunks ?? [])).map(\.bytes)
  }

  /// The segments that were removed since the last call.
  mutating func takeEvicted() -> [Segment] { kept.takeEvicted() }

  /// The duration of the complete segments.
  var span: Interval {
    let ticks = segments.reduce(Int64(0)) { $0.addingSaturated($1.duration) }
    return Interval(ticks: ticks, timescale: Int64(segmentation.timescale))
  }
}
