// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import HLSPackager
import HTTP
import Media
import Packaging
import Sharing
import Time

/// Playlists of the past, from the archive and from what the windows still have.
extension ServedStream {
  /// The video's segmentation if the stream has playlists of the past, else the reason why not.
  ///
  /// If `isUnlimited`, the client may go back further than viewers.
  func pastSegmentation(isUnlimited: Bool) -> Result<Segmentation, PastRefusal> {
    guard options.archive != nil, options.reach.isOpen || isUnlimited else {
      return .failure(.none)
    }
    guard hasTimedNumbers else { return .failure(.unnumbered) }
    return .success(window.segmentation.video)
  }

  /// Whether the numbers of segments give their times.
  var hasTimedNumbers: Bool {
    !window.segmentation.video.hasVariableDuration && names.numbering == .epoch
  }

  /// The numbers of the archive, without those of another segment duration.
  func archivedExtent(of rendition: String, _ archive: StreamArchive) -> ClosedRange<Int64>? {
    archive.extent(of: rendition) { [segmentation = window.segmentation.video] number, time in
      PastAddress.isTime(time, of: number, segmentation)
    }
  }

  /// Reads the past segments of a playlist that continues to the live edge; once for all requests
  /// that arrive meanwhile.
  ///
  /// - Parameters:
  ///   - key: the response.
  ///   - rendition: its rendition.
  ///   - now: the time of the request.
  ///   - answer: takes the response, on any thread.
  func rewoundPlaylist(
    _ key: RewoundCache.Key, of rendition: ServedRendition, now: MonotonicTime,
    answer: @escaping @Sendable (PreparedResponse) -> Void
  ) {
    guard let rewound = rendition.rewound else { return answer(PastRefusal.none.response) }
    guard rewound.begin(key, answer) else { return }
    // Other requests wait for the same reading.
    ArchiveClient.$current.withValue(ArchiveClient.current?.shared) {
      readRewound(key, of: rendition, rewound, now: now)
    }
  }

  private func readRewound(
    _ key: RewoundCache.Key, of rendition: ServedRendition, _ rewound: RewoundCache,
    now: MonotonicTime
  ) {
    let revision = rewound.revision
    let end = rendition.window.listing.endingWithPart.listed.first?.number ?? key.first
    // Retention may have taken the first segments: the list begins with the oldest that is left.
    let archived = options.archive.flatMap { archivedExtent(of: rendition.name, $0) }
    let oldest = archived?.lowerBound ?? key.first
    let first = min(max(key.first, oldest), max(key.first, end))
    past(first..<max(key.first, end), of: rendition, hasEvents: false) { [names] result in
      switch result {
      case .failure(let refusal): rewound.finish(key.first) { _ in refusal.response }
      case .success((let segments, _)):
        var lines = PastLines(
          from: first, names: names, base: RewoundCache.base, rendition.window.segmentation)
        for segment in segments { lines.append(segment) }
        rewound.add(lines, for: key.first, revision: revision, now: now)
        rewound.finish(key.first) { key in
          rewound.response(key, now: now)
            ?? .unavailable("the playlist is being read")
        }
      }
    }
  }

  /// Answers with the playlist of a clip whose start only the archive has.
  func clipPlaylist(
    _ span: Range<WallTime>, of rendition: ServedRendition, _ form: ClipPlaylist,
    answer: @escaping @Sendable (PreparedResponse) -> Void
  ) {
    switch form {
    case .media(let base): closedPlaylist(span, of: rendition, base: base, answer: answer)
    case .multivariant:
      // There is one if the top rendition has a playlist.
      closedPlaylist(span, of: rendition, base: "../", hasEvents: false) { [self] response in
        answer(response.status == 200 ? clipPlaylist(form) : response)
      }
    }
  }

  /// The Multivariant Playlist of the playlists of a clip.
  ///
  /// Renditions may change with the configuration, so that it is not kept as long as media.
  func clipPlaylist(_ form: ClipPlaylist) -> PreparedResponse {
    let tracks = renditions.compactMap(\.window.snapshot.track)
    guard case .multivariant(let name) = form, tracks.count == renditions.count else {
      return .unavailable("a rendition has not started")
    }
    let playlist = MultivariantPlaylist(tracks, base: "../", file: "clip/\(name)")
    return .playlist(playlist.text, .playlist(targetDuration: control.targetDuration))
  }

  /// Finds the segments with media of a span, and answers with a playlist of them.
  func closedPlaylist(
    _ span: Range<WallTime>, of rendition: ServedRendition, base: String,
    hasEvents: Bool = true, answer: @escaping @Sendable (PreparedResponse) -> Void
  ) {
    guard let archive = options.archive else { return answer(PastRefusal.none.response) }
    let snapshot = rendition.window.snapshot
    let timescale = Int64(max(1, rendition.window.segmentation.timescale))
    let cost = (span.upperBound - span.lowerBound).wholeSeconds / 100
    archive.read(cost: cost) {
      [self] (result: Result<(numbers: ClosedRange<Int64>, isWhole: Bool), ArchiveFailure>) in
      switch result {
      case .success((let numbers, let isWhole)):
        // bounded: numbers of segments
        closedPlaylist(
          numbers.lowerBound..<numbers.upperBound + 1, of: rendition, base: base,
          isWhole: isWhole, hasEvents: hasEvents, answer: answer)
      case .failure(let failure): answer(refusal(failure))
      }
    } _: { reader throws(ArchiveFailure) in
      let found = try reader.segments(during: span, of: rendition.name)
      let archived = found.map(\.number)
      let kept = snapshot.segments.filter { segment in
        !segment.isGap && !segment.isPrefill && segment.programDateTime < span.upperBound
          && segment.number > archived.last ?? .max
      }
      guard let first = archived.first, let last = kept.last?.number ?? archived.last else {
        throw .missing
      }
      // Segments at the ends of the span may be filled later, as those between.
      let begins = found.first.map { $0.row.start <= span.lowerBound + .microseconds(1) } ?? false
      let end =
        kept.last.map { segment in
          segment.programDateTime + Interval(ticks: segment.duration, timescale: timescale)
        } ?? found.last.map { segment in segment.row.end(timescale: segment.timescale) }
      let ends = end.map { $0 + .microseconds(1) >= span.upperBound } ?? false
      return (first...max(first, last), begins && ends)
    }
  }

  /// Reads the segments of a span, and answers with a playlist that ends with it.
  ///
  /// - Parameters:
  ///   - numbers: the numbers of the segments.
  ///   - rendition: their rendition.
  ///   - base: the prefix of the names of media; nil for that of an address with two times, or one.
  ///   - isWhole: whether no segment is missing before or after them.
  ///   - isLasting: whether the address has the same segments later; not if it has no end.
  ///   - hasEvents: whether it lists the events.
  ///   - answer: takes the response, on any thread.
  func closedPlaylist(
    _ numbers: Range<Int64>, of rendition: ServedRendition, base: String? = nil,
    isWhole: Bool = true, isLasting: Bool = true, hasEvents: Bool = true,
    answer: @escaping @Sendable (PreparedResponse) -> Void
  ) {
    let base = base ?? (isLasting ? "../../../../" : RewoundCache.base)
    past(numbers, of: rendition, hasEvents: hasEvents) { [names, control] result in
      switch result {
      case .failure(let refusal): answer(refusal.response)
      case .success((let segments, let events)):
        let playlist = ClosedPlaylist(
          segments, rendition.window.segmentation, names: names, base: base,
          targetDuration: control.targetDuration, events: events, isFinal: isLasting)
        guard let playlist, segments.contains(where: { !$0.isGap }) else {
          return answer(PastRefusal.missing.response)
        }
        // A gap may be filled later.
        let hasGap = !isWhole || segments.contains(where: \.isGap)
        let caching: ResponseFields.Caching =
          !isLasting
          ? .playlist(targetDuration: control.targetDuration) : hasGap ? .second : .segment
        answer(.playlist(playlist.text, caching))
      }
    }
  }

  /// Segments, and the events of their span and of the hour before.
  private typealias PastSpan = (segments: [PastSegment], events: [TimedEvent])

  /// Reads the segments with these numbers, and their events if asked; missing segments are gaps.
  private func past(
    _ numbers: Range<Int64>, of rendition: ServedRendition, hasEvents: Bool,
    answer: @escaping @Sendable (Result<PastSpan, PastRefusal>) -> Void
  ) {
    let window = rendition.window
    guard let archive = options.archive else { return answer(.failure(.none)) }
    guard let last = numbers.last else { return answer(.success(([], []))) }
    let (top, main) = (top, self.window)
    // A break may begin before the span.
    let before = Interval.seconds(3600).count(of: main.segmentation.video.segmentDuration)
    archive.read(cost: Int64(numbers.count) / 100) {
      [self] (result: Result<([PastSegment], ArchivedEvents), ArchiveFailure>) in
      switch result {
      case .failure(let failure): answer(.failure(.failed("\(failure)")))
      case .success((let archived, var events)):
        events.add(main.snapshot.pastEvents + main.snapshot.events)
        let listed = withoutRemoved(events.events)
        // Prefill has numbers that the archive may have from the session before.
        let known = Set(archived.map(\.number))
        let kept = window.snapshot.pastSegments(numbers)
          .filter { !$0.isGap && !known.contains($0.number) }
        let rows = (archived + kept).sorted { $0.number < $1.number }
        // Numbers that give no times may be far apart after a restart.
        guard !window.segmentation.hasVariableDuration else {
          return answer(.success((PastSegment.joined(rows), listed)))
        }
        let segments = window.segmentation.filled(
          rows, numbers, header: window.snapshot.track?.headerHash ?? "")
        answer(.success((segments, listed)))
      }
    } _: { [keys = names.keys] reader throws(ArchiveFailure) in
      // The keys of segments whose row states none: they are clear, or of an earlier program.
      var known: [String: PastKey] = [:]
      var found: [PastSegment] = []
      for segment in try reader.segments(numbers.lowerBound...last, of: rendition.name) {
        if let identifier = segment.row.keyIdentifier {
          found.append(PastSegment(segment, key: PastKey(identifier, of: segment.number, keys)))
          continue
        }
        let hash = segment.headerHash
        if known[hash] == nil {
          known[hash] = PastKey(header: try reader.header(hash, of: rendition.name), keys)
        }
        found.append(PastSegment(segment, key: known[hash] ?? .present))
      }
      let first = numbers.lowerBound.subtractingSaturated(before)
      var events = ArchivedEvents()
      guard hasEvents else { return (found, events) }
      let carried = try reader.events(
        of: top.name, in: first...last, newest: TimedEvent.maximumPast, files: .max)
      for event in carried {
        events.add(id: event.message.id, time: event.time, data: event.message.data)
      }
      return (found, events)
    }
  }
}

/// Why there is no playlist of the past.
enum PastRefusal: Error {
  /// The stream has none.
  case none
  /// The numbers of the stream do not give times.
  case unnumbered
  /// The span has no media.
  case missing
  /// The archive has no answer.
  case failed(String)

  var response: PreparedResponse {
    switch self {
    case .none: .error(404, "the stream has no playlists of the past")
    case .unnumbered:
      .error(
        404,
        "segment numbers of this stream do not give times: no playlists of the past to the live "
          + "edge, and no MPD of it (expected from/TIME/to/TIME/playlist.m3u8, or a clip)")
    case .missing: .error(410, "the archive has no media of this time")
    case .failed(let reason): .unavailable("the archive: \(reason)")
    }
  }
}

extension PastSegment {
  /// A segment of the archive, of which the place is known, but not the duration.
  init(_ segment: SegmentOutline) {
    self.init(
      number: segment.number, duration: 0,
      programDateTime: segment.start, startsDiscontinuity: segment.startsDiscontinuity,
      headerHash: segment.headerHash)
  }

  /// A segment of the archive.
  init(_ segment: ArchivedSegment, key: PastKey = .present) {
    self.init(
      number: segment.number, duration: segment.row.duration, programDateTime: segment.row.start,
      startsDiscontinuity: segment.row.startsDiscontinuity, headerHash: segment.headerHash,
      key: key)
  }
}
