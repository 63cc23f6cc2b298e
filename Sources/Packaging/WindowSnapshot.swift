// SPDX-License-Identifier: Apache-2.0

/// What a rendition has at one moment: immutable, shared by every reader.
package final class WindowSnapshot: Sendable {
  /// Where the stream stands in its life.
  package enum State: Sendable { case starting, live, ended }

  /// What is constant of the rendition, with the newest CMAF header; nil while the stream starts.
  package var track: TrackDescription? { tracks.last }
  /// The same for each header that it had lately; newest last.
  package let tracks: [TrackDescription]
  /// Whether the window fills, runs or has ended.
  package let state: State
  /// Complete segments, oldest first: those that are listed and those kept for late readers.
  package let segments: [Segment]
  /// The segment that is being made; nil before the first chunk and after the end.
  package let open: OpenSegment?
  /// How many of `segments` and of those before them began a Discontinuity and are gone.
  package let evictedDiscontinuities: Int64
  /// How many of the newest complete segments playlists list.
  package let playlistLength: Int
  /// Changes with every chunk; orders the snapshots of one window.
  package let revision: Int64
  /// Parts since 1970: those before segment N, plus K, where part (N, K) is the next to be published.
  package let version: Int64

  init(_ state: WindowState, tracks: [TrackDescription]) {
    self.tracks = tracks
    self.state = state.state
    self.segments = state.segments
    self.open = state.open
    self.evictedDiscontinuities = state.evictedDiscontinuities
    self.playlistLength = state.playlistLength
    self.revision = state.revision
    self.version = state.version
  }

  /// Another view of `whole`: what playlists list of it.
  init(_ whole: WindowSnapshot, segments: [Segment], open: OpenSegment?, version: Int64) {
    tracks = whole.tracks
    state = whole.state
    self.segments = segments
    self.open = open
    evictedDiscontinuities = whole.evictedDiscontinuities
    playlistLength = whole.playlistLength
    revision = whole.revision
    self.version = version
  }

  /// What is constant of the rendition in `run`.
  package func track(of run: DiscontinuityPeriod) -> TrackDescription? {
    guard let hash = run.headerHash else { return tracks.first }
    return tracks.first { $0.headerHash == hash } ?? tracks.first
  }

  /// The complete segments that playlists list.
  package var listed: ArraySlice<Segment> { segments.suffix(playlistLength) }

  /// EXT-X-DISCONTINUITY-SEQUENCE of a playlist that lists `listed`.
  package var discontinuitySequence: Int64 {
    let passed = segments.dropLast(listed.count).count { $0.startsDiscontinuity }
    return evictedDiscontinuities + Int64(passed)
  }

  /// The complete segment `number`, if the window still has it.
  package func segment(_ number: Int64) -> Segment? {
    // Numbers in the window are consecutive: skipped ones are kept as gaps.
    guard let first = segments.first, number >= first.number else { return nil }
    let place = number - first.number
    return place < segments.count ? segments[Int(place)] : nil
  }

  /// The complete part `index` of segment `number`, if the window has it.
  package func part(_ index: Int64, of number: Int64) -> Part? {
    let parts = open?.number == number ? open?.parts : segment(number)?.parts
    guard let parts, index >= 0, index < parts.count else { return nil }
    return parts[Int(index)]
  }

  /// The newest number that is listed with a part or as a whole; nil in an empty window.
  package var newest: Int64? {
    if let open, !open.parts.isEmpty { return open.number }
    return segments.last?.number
  }

  /// The newest part that is listed; nil in an empty window.
  package var lastListedPart: Part? { open?.parts.last ?? segments.last?.parts.last }

  /// The part that comes next, as a preload hint names it; nil after the end and before the first chunk.
  package var hint: (segment: Int64, index: Int64)? {
    guard state != .ended else { return nil }
    if let open { return (open.number, Int64(open.parts.count)) }
    return segments.last.map { ($0.number + 1, 0) }
  }
}
