// SPDX-License-Identifier: Apache-2.0

import Media
package import Packaging
import Time

/// A Media Playlist as text, rendered from one window snapshot.
///
/// - Source: RFC 8216bis §4.4, §6.2
package struct MediaPlaylist: Sendable {
  /// The segments that a playlist leaves out.
  package enum Form: Sendable, Hashable, CaseIterable {
    /// None: the whole playlist.
    case full
    /// A Playlist Delta Update (`_HLS_skip=YES`).
    case delta
    /// A Playlist Delta Update that may also leave out date ranges (`_HLS_skip=v2`).
    case deltaWithDateRanges
  }

  private let rendition: ListedRendition
  private let control: ServerControl
  private let reports: [RenditionReport]
  private let past: Past?
  private let listed: ArraySlice<Segment>
  private let hint: (segment: Int64, index: Int64)?
  private let content: Content
  /// The printed dates minus those of the window, up to the first Discontinuity; see ``PastLines``.
  private let shift: Interval

  /// The content of the segments of a playlist.
  package enum Content: Sendable {
    /// Media of the window, in parts.
    case media
    /// WebVTT: the complete segments of the window, with its numbers and dates.
    case text
  }

  /// The segments of a rewound playlist before those of the window.
  package struct Past: Sendable {
    /// The number of the first segment; the window may have it.
    package let first: Int64
    /// The number of segments that the window does not list, and the number of the next one.
    let count: Int, next: Int64
    /// EXT-X-DISCONTINUITY-SEQUENCE of the playlist.
    package let discontinuitySequence: Int64
    /// The URI of the last EXT-X-MAP, and the date after the last segment; nil without a segment.
    let map: String?, clock: WallTime?
    /// The EXT-X-KEY lines of the last segment.
    let keys: [String]

    /// The segments before those of a window: `lines`, which end where the window's list begins.
    package init(_ lines: PastLines, discontinuitySequence: Int64) {
      first = lines.first
      (count, next) = (lines.count, lines.next)
      self.discontinuitySequence = discontinuitySequence
      (map, clock, keys) = (lines.map, lines.clock, lines.lastKeys)
    }
  }

  /// The playlist of `snapshot`; nil if that has no complete segment.
  ///
  /// - Parameters:
  ///   - snapshot: the window.
  ///   - control: the constants of the stream's playlists.
  ///   - names: the names of media.
  ///   - base: the prefix of each name: empty, or a relative path that ends in a slash.
  ///   - reports: the playlists of the other renditions.
  ///   - past: the segments before those that the window lists; nil for a playlist of the window
  ///     alone.
  ///   - content: that of the segments.
  package init?(
    _ snapshot: WindowSnapshot, control: ServerControl, names: MediaNames, base: String,
    reports: [RenditionReport] = [], past: Past? = nil, content: Content = .media
  ) {
    self.content = content
    hint = content == .media ? snapshot.hint : nil
    // hls.js takes a segment for loaded if less than 0.2 s of it is missing when it is complete.
    let snapshot = past == nil ? snapshot : snapshot.endingWithPart
    guard let rendition = ListedRendition(snapshot, names, base: base) else { return nil }
    let listed = snapshot.listed.drop { $0.number < past?.first ?? .min }
    guard let first = listed.first?.number, past.map({ $0.next == first }) ?? true else {
      return nil
    }
    self.past = past
    self.listed = listed
    shift =
      past?.clock.flatMap { clock in
        listed.first.map { clock - $0.programDateTime }
      } ?? .zero
    self.rendition = rendition
    self.control = control
    self.reports = reports
  }

  private var snapshot: WindowSnapshot { rendition.snapshot }
  private var segmentation: TrackSegmentation { rendition.track.segmentation }
  private var names: MediaNames { rendition.names }
  private var base: String { rendition.base }

  /// The text of the playlist.
  package func text(_ form: Form) -> String {
    let sections = sections(form)
    return sections.head + sections.segments
  }

  /// The text of the playlist in two sections; the lines of past segments are between them.
  ///
  /// - Returns: the sections, and whether the past segments are left out.
  package func sections(_ form: Form) -> (head: String, segments: String, skipsPast: Bool) {
    let skippable = form == .full ? 0 : skippable(listed)
    let skipped = skippable > 0 ? skippable + (past?.count ?? 0) : 0
    var out = skipped > 0 ? PlaylistText() : PlaylistText(after: past?.map, keys: past?.keys ?? [])
    var keys = KeyTags(names, base: base)
    head(&out, form: skipped > 0 ? form : .full, first: listed.first)
    if skipped > 0 {
      let removed =
        form == .deltaWithDateRanges
        ? ",RECENTLY-REMOVED-DATERANGES=\"\(removedDateRanges(before: listed.first))\"" : ""
      out.line("#EXT-X-SKIP:SKIPPED-SEGMENTS=\(skipped)\(removed)")
    }
    if content == .media {
      let end = snapshot.events.isEmpty ? nil : listedEnd
      for event in snapshot.events where isListed(event, from: listed.first) {
        for tag in DateRange(event: event).tags(until: end, snapshot.events) { out.line(tag) }
      }
    }
    let head = out.take()
    let partsFrom = firstSegmentWithParts(listed)
    for segment in listed.dropFirst(skippable) {
      write(segment, withParts: segment.number >= partsFrom, &keys, to: &out)
    }
    if let open = printedOpen {
      writeCues(at: date(of: open), segmentation.video.segmentDuration, to: &out)
      out.segmentHead(
        of: statesDate(of: open) ? date(of: open) : nil,
        discontinuity: open.startsDiscontinuity, map: map(open.period),
        keys: keys.lines(of: open.number))
      for part in open.parts { write(part, to: &out) }
    }
    if snapshot.state == .ended {
      out.line("#EXT-X-ENDLIST")
    } else {
      if let hint {
        let name = names.name(ofPart: hint.index, in: hint.segment)
        out.line("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"\(base)\(name)\"")
      }
      if hint != nil || content == .text { writeReports(to: &out) }
    }
    return (head, out.text, skipped > 0)
  }

  /// Writes the tags of breaks before a segment.
  private func writeCues(at start: WallTime, _ duration: Interval, to out: inout PlaylistText) {
    guard control.hasCueTags, !snapshot.events.isEmpty else { return }
    for line in CueTags(snapshot.events).lines(at: start, duration: duration) { out.line(line) }
  }

  /// Writes the Rendition Reports (§4.4.5.4) with all attributes.
  private func writeReports(to out: inout PlaylistText) {
    let own = RenditionReport.Position(endOf: snapshot)
    for report in reports {
      guard let last = report.last ?? own else { continue }
      out.line(
        "#EXT-X-RENDITION-REPORT:URI=\"\(report.uri)\",LAST-MSN=\(names.printed(last.segment))"
          + (last.index.map { ",LAST-PART=\($0)" } ?? ""))
    }
  }

  /// Whether an event ends before the first listed segment.
  private func isPast(_ event: TimedEvent, _ first: Segment?) -> Bool {
    first.map { event.end < $0.programDateTime } ?? false
  }

  private func isListed(_ event: TimedEvent, from first: Segment?) -> Bool {
    guard !isPast(event, first) else { return false }
    // No other tag states the time after a Discontinuity.
    guard let open = printedOpen, open.startsDiscontinuity else { return true }
    return !isAhead(event, of: open)
  }

  /// The open segment, if the playlist has parts of it.
  private var printedOpen: OpenSegment? {
    content == .text ? nil : snapshot.open.flatMap { $0.parts.isEmpty ? nil : $0 }
  }

  /// Whether the open segment has EXT-X-PROGRAM-DATE-TIME.
  ///
  /// hls.js 1.6.15 fails on a date range that begins in a segment that has the tag, and no EXTINF
  /// yet, or after it. Without the tag, the time follows from the segment before.
  private func statesDate(of open: OpenSegment) -> Bool {
    open.startsDiscontinuity || !snapshot.events.contains { isAhead($0, of: open) }
  }

  /// Whether an event begins in the open segment or later, to the printed millisecond.
  private func isAhead(_ event: TimedEvent, of open: OpenSegment) -> Bool {
    event.start.milliseconds >= date(of: open).milliseconds
  }

  /// The end of the newest listed part.
  private var listedEnd: WallTime? {
    func duration(_ ticks: Int64) -> Interval {
      Interval(ticks: ticks, timescale: Int64(segmentation.timescale))
    }
    if let open = printedOpen {
      return date(of: open) + duration(open.parts.reduce(0) { $0.addingSaturated($1.duration) })
    }
    return listed.last.map { $0.programDateTime + duration($0.duration) }
  }

  private func date(of open: OpenSegment) -> WallTime {
    open.startsDiscontinuity
      ? open.programDateTime : open.programDateTime + shift(at: open.number)
  }

  private func shift(at number: Int64) -> Interval {
    guard shift != .zero else { return .zero }
    return listed.contains { $0.startsDiscontinuity && $0.number <= number } ? .zero : shift
  }

  /// The IDs of the date ranges that left the playlist while the window keeps their segments.
  private func removedDateRanges(before first: Segment?) -> String {
    let (past, listed) = (
      snapshot.events.filter { isPast($0, first) }, snapshot.events.filter { !isPast($0, first) }
    )
    let present = Set(listed.map { DateRange(event: $0).id })
    var removed: [String] = []
    for id in (past + snapshot.cancelledEvents).map({ DateRange(event: $0).id })
    where !present.contains(id) && !removed.contains(id) {
      removed.append(id)
    }
    return removed.joined(separator: "\t")
  }

  private func head(_ out: inout PlaylistText, form: Form, first: Segment?) {
    out.line("#EXTM3U")
    // EXT-X-MAP needs 6, EXT-X-SKIP 9, EXT-X-SKIP with date ranges 10 (§8).
    out.line("#EXT-X-VERSION:\(form == .full ? 6 : form == .delta ? 9 : 10)")
    out.line("# version: \(snapshot.version)")
    out.line("#EXT-X-INDEPENDENT-SEGMENTS")
    out.line("#EXT-X-TARGETDURATION:\(control.targetDuration)")
    out.line(
      "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=\(seconds(control.partHoldBack)),"
        + "CAN-SKIP-UNTIL=\(control.skipUntil)")
    if content == .media {
      out.line(
        "#EXT-X-PART-INF:PART-TARGET=\(seconds(ServerControl.partTarget(of: segmentation)))")
    }
    out.line("#EXT-X-MEDIA-SEQUENCE:\(names.printed(past?.first ?? first?.number ?? 0))")
    let discontinuities = past?.discontinuitySequence ?? snapshot.discontinuitySequence
    out.line("#EXT-X-DISCONTINUITY-SEQUENCE:\(discontinuities)")
  }

  private func write(
    _ segment: Segment, withParts: Bool, _ keys: inout KeyTags, to out: inout PlaylistText
  ) {
    writeCues(
      at: segment.programDateTime + shift(at: segment.number),
      Interval(ticks: segment.duration, timescale: Int64(segmentation.timescale)), to: &out)
    out.segmentHead(
      of: segment.programDateTime + shift(at: segment.number),
      discontinuity: segment.startsDiscontinuity, map: map(segment.period),
      keys: content == .media ? keys.lines(of: segment.number) : [])
    guard content == .media else {
      out.line("#EXTINF:\(rendition.seconds(segment.duration)),")
      return out.line(base + names.name(ofText: segment.number))
    }
    if withParts { for part in segment.parts { write(part, to: &out) } }
    if segment.isListedAsGap { out.line("#EXT-X-GAP") }
    rendition.entry(segment.number, ticks: segment.duration, to: &out)
  }

  private func map(_ period: DiscontinuityPeriod) -> String? {
    content == .media ? rendition.map(period) : nil
  }

  private func write(_ part: Part, to out: inout PlaylistText) {
    let name = names.name(ofPart: part.index, in: part.segment)
    let isGap = part.isGap || part.isStill
    let more = isGap ? ",GAP=YES" : part.isIndependent ? ",INDEPENDENT=YES" : ""
    // Rounded down, and PART-TARGET up: no part exceeds the Part Target Duration (§4.4.4.9).
    let timescale = Int64(segmentation.timescale)
    let duration = Decimal.shortString(part.duration * 1_000_000 / timescale, digits: 6)
    out.line("#EXT-X-PART:DURATION=\(duration),URI=\"\(base)\(name)\"\(more)")
  }

  /// The number of segments that a Playlist Delta Update may replace: those that end before the
  /// Skip Boundary, measured from the end of the last complete segment (§6.2.5.1).
  private func skippable(_ listed: ArraySlice<Segment>) -> Int {
    let boundary = control.skipUntil * Int64(segmentation.timescale)
    var distance: Int64 = 0
    for (count, segment) in listed.reversed().enumerated() {
      if distance > boundary { return listed.count - count }
      distance += segment.duration
    }
    return 0
  }

  /// The number of the first segment whose parts are listed.
  ///
  /// The parts of a segment are removed together when its last part is more than three Target
  /// Durations from the end of the playlist; a Part Index counts from the Parent Segment's start
  /// (§6.2.2, §3.2).
  private func firstSegmentWithParts(_ listed: ArraySlice<Segment>) -> Int64 {
    let limit = 3 * control.targetDuration * Int64(segmentation.timescale)
    var distance = snapshot.open?.parts.reduce(0) { $0 + $1.duration } ?? 0
    for segment in listed.reversed() {
      if distance > limit { return segment.number + 1 }
      distance += segment.duration
    }
    return listed.first?.number ?? 0
  }

  private func seconds(_ interval: Interval) -> String {
    Decimal.shortString(interval.microseconds, digits: 6)
  }
}
