// SPDX-License-Identifier: Apache-2.0

import Media

/// How chunks become parts and segments and how the window slides: a pure state machine.
///
/// Parts and segments are closed by the frame grid, with the frame that fills them and never by the one after: nothing
/// waits for the next frame to know a length. Only free segments, and the last part of such a one, are closed by the
/// key picture that begins the next.
struct WindowState: Sendable {
  let segmentation: TrackSegmentation
  /// Segments that playlists list.
  let playlistLength: Int
  /// Complete segments kept, those that are listed included.
  let retained: Int

  private(set) var state = WindowSnapshot.State.starting
  private(set) var segments: [Segment] = []
  private(set) var open: OpenSegment?
  private(set) var evictedDiscontinuities: Int64 = 0
  private(set) var revision: Int64 = 0
  private(set) var version: Int64 = 0
  private var announcement = Announcement()
  private var run = DiscontinuityPeriod.initial

  /// What the next segment begins with.
  private struct Announcement: Sendable {
    var offset: Int64 = 0
    var isDue = false
    var skipped: Int64 = 0
    var headerHash: String?
  }

  init(segmentation: TrackSegmentation, playlistLength: Int, retained: Int) {
    self.segmentation = segmentation
    self.playlistLength = playlistLength
    self.retained = retained
  }

  /// Takes the next chunk.
  ///
  /// Frames come in order. A source whose pictures are passed through may have lost some: then a part is shorter.
  /// After the end they are ignored: a playlist with EXT-X-ENDLIST never changes.
  mutating func append(_ chunk: Chunk, isPrefill: Bool) {
    guard state != .ended else { return }
    let number = chunk.segment ?? segmentation.segment(of: chunk.frame)
    if open?.number != number {
      begin(number, at: chunk, isPrefill: isPrefill)
    } else if let loose = open?.loose.first, part(of: loose.frame) != part(of: chunk.frame) {
      open?.closePart()
    }
    open?.append(chunk)
    revision += 1
    let ends =
      segmentation.hasVariableDuration
      ? (
        part: (position(of: chunk.lastFrame) + 1) % segmentation.framesPerPart == 0, segment: false
      )
      : segmentation.ends(chunk.lastFrame)
    if ends.segment {
      closeSegment()
    } else if ends.part {
      open?.closePart()
      version = segmentation.partsBefore(number) + Int64(open?.parts.count ?? 0)
    }
  }

  /// Says that the wall clock stepped: the next segment begins a Discontinuity.
  ///
  /// - Parameters:
  ///   - offset: what its PROGRAM-DATE-TIME and the following add to the tick, in nanoseconds.
  ///   - skipped: how many numbers before it have no media.
  ///   - headerHash: of the CMAF header from there on; nil where it stays.
  mutating func announce(offset: Int64, skipped: Int64, headerHash: String? = nil) {
    announcement = Announcement(
      offset: offset, isDue: true, skipped: announcement.skipped + skipped,
      headerHash: headerHash ?? announcement.headerHash)
  }

  /// Says what the wall clock is ahead of media time where the stream begins; nothing was published yet.
  mutating func begin(offset: Int64) { run = .initial(offset: offset) }

  /// Says that segment `number`, which follows the last one, has no media.
  mutating func leaveOut(_ number: Int64) {
    guard state != .ended else { return }
    if open != nil { closeSegment() }
    let frame = segmentation.firstFrame(of: number)
    insertGaps(before: number, at: frame)
    let gap = opening(number, at: frame, isPrefill: false)
    announcement.skipped = 0
    keep(Segment(opening: gap, duration: segmentation.segmentTicks(number)))
    version = segmentation.partsBefore(number + 1)
    revision += 1
  }

  /// The window is full: readers may see it.
  mutating func goLive() {
    if state == .starting { state = .live }
    revision += 1
  }

  /// No more chunks come.
  ///
  /// What is open becomes the last, shorter segment.
  mutating func end() {
    guard state != .ended else { return }
    if open != nil { closeSegment() }
    state = .ended
    revision += 1
  }

  /// Which frame of the open segment frame `index` is, from 0.
  private func position(of index: Int64) -> Int64 {
    segmentation.hasVariableDuration
      ? index - (open?.firstFrame ?? index) : segmentation.position(of: index)
  }

  private func part(of index: Int64) -> Int64 { position(of: index) / segmentation.framesPerPart }

  private mutating func begin(_ number: Int64, at chunk: Chunk, isPrefill: Bool) {
    if open != nil { closeSegment() }
    insertGaps(before: number, at: chunk.frame)
    open = opening(number, at: chunk.frame, isPrefill: isPrefill)
    announcement.skipped = 0
  }

  /// Segment `number`, which begins a run where a step of the wall clock was announced.
  private mutating func opening(_ number: Int64, at frame: Int64, isPrefill: Bool) -> OpenSegment {
    let startsDiscontinuity = announcement.isDue
    if startsDiscontinuity {
      run = run.next(
        from: number, at: frame, offset: announcement.offset, headerHash: announcement.headerHash)
    }
    announcement.isDue = false
    announcement.headerHash = nil
    return OpenSegment(
      number: number, firstFrame: frame,
      programDateTime: segmentation.nanoseconds(frame) + run.offset,
      startsDiscontinuity: startsDiscontinuity, run: run, isPrefill: isPrefill)
  }

  /// Numbers that a skip leaves out before segment `number`, which begins at `frame`, are listed as gaps, at most a
  /// window of them.
  private mutating func insertGaps(before number: Int64, at frame: Int64) {
    guard announcement.skipped > 0, let last = segments.last?.number, number > last + 1 else {
      return
    }
    let first = max(last + 1, number - Int64(playlistLength))
    if first > last + 1 { evict(segments.count) }
    for missing in first..<number {
      let place =
        segmentation.hasVariableDuration
        ? frame - (number - missing) * segmentation.frames(in: missing)
        : segmentation.firstFrame(of: missing)
      let gap = opening(missing, at: place, isPrefill: false)
      keep(Segment(opening: gap, duration: segmentation.segmentTicks(missing)))
    }
    version = segmentation.partsBefore(number)
  }

  private mutating func closeSegment() {
    open?.closePart()
    guard let finished = open else { return }
    keep(Segment(opening: finished, duration: finished.chunks.reduce(0) { $0 + $1.duration }))
    version = segmentation.partsBefore(finished.number + 1)
    open = nil
  }

  private mutating func keep(_ segment: Segment) {
    segments.append(segment)
    if segments.count > retained { evict(segments.count - retained) }
  }

  private mutating func evict(_ count: Int) {
    evictedDiscontinuities += Int64(segments.prefix(count).count { $0.startsDiscontinuity })
    segments.removeFirst(count)
  }
}
