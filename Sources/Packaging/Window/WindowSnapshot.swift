// SPDX-License-Identifier: Apache-2.0

/// The content of a window after one publication: immutable, shared by all readers.
package final class WindowSnapshot: Sendable {
  /// The state of the window.
  package enum State: Sendable { case starting, live, ended }

  /// The constants of the rendition with the newest CMAF header; nil while the stream starts.
  package var track: TrackDescription? { tracks.last }
  /// The constants with each of the recent CMAF headers; newest last.
  package let tracks: [TrackDescription]
  /// The state of the window.
  package let state: State
  /// The complete segments, oldest first; the oldest are no longer in playlists.
  package let segments: [Segment]
  /// The open segment; nil before the first chunk and after the end.
  package let open: OpenSegment?
  /// The segment before skipped numbers, if it is not in the window any more: the readers of a feed
  /// have a second to read its end.
  let lastBeforeSkip: Segment?
  /// The number of evicted segments that began with a Discontinuity.
  package let evictedDiscontinuities: Int64
  /// The newest segment of the session before; nil without one.
  ///
  /// Its number and those before it keep their bytes.
  package let publishedBefore: Int64?
  /// The oldest segment that playlists may list: those of the session before have begun there.
  package let firstListed: Int64
  /// The number of complete segments in playlists.
  package let playlistLength: Int
  /// Which segments playlists list.
  package let listing: ListedSegments
  /// Whether the newest segment is complete and the source is away.
  package let isAway: Bool
  /// The end of the newest complete media; nil before.
  package let mediaEnd: MediaEnd?
  /// Rises with every chunk: orders the snapshots of one window.
  package let revision: Int64
  /// The number of parts since 1970: the parts before segment N plus K if part K of segment N is
  /// next.
  package let version: Int64

  /// Bytes of the chunks in the window.
  package let size: Int
  /// Whether segments were removed early since the window was too large.
  package let isShortened: Bool

  /// The listed events whose spans are in the window or later, in the order of their numbers.
  package let events: [TimedEvent]
  /// The splices to come that were listed until a message cancelled them.
  package let cancelledEvents: [TimedEvent]
  /// The newest events of the window that playlists do not list, in the order in which they came.
  package let unlistedEvents: [TimedEvent]
  /// The last events of before the window, of earlier sessions too.
  package let pastEvents: [TimedEvent]

  /// The number of the newest segment; -1 before the first.
  package var newestSegment: Int64 { open?.number ?? segments.last?.number ?? -1 }

  /// Whether the session has media, beside that of the session before.
  package var hasBegun: Bool { newestSegment > publishedBefore ?? -1 }

  /// The constants with the CMAF headers after the one with this hash; all if the window does not
  /// have it.
  package func tracks(after hash: String?) -> ArraySlice<TrackDescription> {
    guard track?.headerHash != hash else { return [] }
    return tracks[(tracks.firstIndex { $0.headerHash == hash }.map { $0 + 1 } ?? 0)...]
  }

  init(_ state: WindowState, tracks: [TrackDescription]) {
    size = state.kept.size
    isShortened = state.kept.isShortened
    self.tracks = tracks
    self.state = state.state
    self.segments = state.segments
    self.open = state.open
    lastBeforeSkip = state.kept.lastBeforeSkip
    self.evictedDiscontinuities = state.kept.evictedDiscontinuities
    publishedBefore = state.publishedBefore
    firstListed = state.firstListed
    self.playlistLength = state.playlistLength
    listing = state.listing
    isAway = state.isAway
    mediaEnd = state.mediaEnd
    self.revision = state.revision
    self.version = state.version
    events = state.events.kept
    unlistedEvents = state.events.unlisted
    cancelledEvents = state.events.cancelled
    pastEvents = state.events.past
  }

  /// A view of `whole` for playlists; `evicted` Discontinuities of `whole` are not in it.
  init(
    _ whole: WindowSnapshot, segments: [Segment], open: OpenSegment?, version: Int64,
    evicted: Int64 = 0
  ) {
    tracks = whole.tracks
    size = whole.size
    isShortened = whole.isShortened
    state = whole.state
    self.segments = segments
    self.open = open
    lastBeforeSkip = nil
    evictedDiscontinuities = whole.evictedDiscontinuities + evicted
    publishedBefore = whole.publishedBefore
    firstListed = whole.firstListed
    playlistLength = whole.playlistLength
    listing = whole.listing
    isAway = whole.isAway && open == nil
    mediaEnd = whole.mediaEnd
    revision = whole.revision
    self.version = version
    events = whole.events
    unlistedEvents = whole.unlistedEvents
    cancelledEvents = whole.cancelledEvents
    pastEvents = whole.pastEvents
  }

  /// The constants of the rendition in `period`; nil if the window does not have its CMAF header.
  package func track(of period: DiscontinuityPeriod) -> TrackDescription? {
    // A period that was not described has the first header.
    guard let hash = period.headerHash else { return tracks.first }
    return tracks.first { $0.headerHash == hash }
  }

  /// The complete segments in playlists.
  package var listed: ArraySlice<Segment> { listed(more: 0) }

  /// The complete segments in playlists that list `more` of them.
  package func listed(more: Int) -> ArraySlice<Segment> {
    segments[listing.start(in: segments, more: more)...].drop { $0.number < firstListed }
  }

  /// EXT-X-DISCONTINUITY-SEQUENCE of a playlist with the segments `listed`.
  package var discontinuitySequence: Int64 {
    let unlisted = segments.dropLast(listed.count).count { $0.startsDiscontinuity }
    return evictedDiscontinuities + Int64(unlisted)
  }

  /// The complete segment `number`; nil if the window does not have it.
  package func segment(_ number: Int64) -> Segment? {
    // Numbers in the window are consecutive: skipped ones are kept as gaps.
    guard let first = segments.first, number >= first.number else { return nil }
    let index = number - first.number
    return index < segments.count ? segments[Int(index)] : nil
  }

  /// The complete part `index` of segment `number`; nil if the window does not have it.
  package func part(_ index: Int64, of number: Int64) -> Part? {
    let parts = open?.number == number ? open?.parts : segment(number)?.parts
    guard let parts, index >= 0, index < parts.count else { return nil }
    return parts[Int(index)]
  }

  /// The number of the newest segment with a complete part; nil in an empty window.
  package var newest: Int64? {
    if let open, !open.parts.isEmpty { return open.number }
    return segments.last?.number
  }

  /// The newest complete part; nil in an empty window.
  package var lastListedPart: Part? { open?.parts.last ?? segments.last?.parts.last }

  /// The next part, for EXT-X-PRELOAD-HINT; nil before the first chunk and after the end.
  package var hint: (segment: Int64, index: Int64)? {
    guard state != .ended else { return nil }
    if let open { return (open.number, Int64(open.parts.count)) }
    return segments.last.map { ($0.number + 1, 0) }
  }
}
