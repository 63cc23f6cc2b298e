// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Sharing
import Statistics
import Time

/// One rendition of a stream on one loop: its playlists, parts, segments and CMAF headers.
///
/// Confined to the loop's thread.
final class RenditionHandler {
  let rendition: ServedRendition
  private let served: ServedStream
  private let past: PastHandler
  private let view: WindowView
  let playlists: PlaylistHandler
  let parts: PartHandler
  let segments: SegmentHandler
  /// The playlists that begin in the past.
  let rewound: RewoundHandler
  private let reroute: (any Exchange, MonotonicTime) -> Void
  private var revision: Int64 = -1
  private var listing: WindowSnapshot?

  /// `reroute` handles an exchange again; its second argument is the arrival of the request.
  init(
    _ served: ServedStream, _ rendition: ServedRendition, past: PastHandler,
    counters: Locked<ServerCounters>,
    reroute: @escaping (any Exchange, MonotonicTime) -> Void
  ) {
    self.rendition = rendition
    self.served = served
    self.past = past
    self.reroute = reroute
    view = WindowView(rendition.window)
    playlists = PlaylistHandler(served, rendition, view, counters, reroute: reroute)
    rewound = RewoundHandler(served, rendition, past, counters)
    parts = PartHandler(served, rendition, view, counters)
    segments = SegmentHandler(served, rendition, past, counters, reroute: reroute)
  }

  /// Whether a request is held or an open segment is read.
  var isInUse: Bool {
    playlists.held.count > 0 || parts.held.count > 0 || segments.readerCount > 0
      || rewound.held.count > 0
  }

  /// Whether the window is not open to readers yet.
  var isStarting: Bool { view.isStarting }

  /// Whether playlists have no complete segment yet.
  var isWithoutSegment: Bool { view.isWithoutSegment }

  /// Whether the rendition has a CMAF header with this hash.
  func hasHeader(_ hash: String) -> Bool {
    track(hash) != nil
  }

  /// Answers a request for the CMAF header with this hash.
  func header(_ hash: String, _ exchange: any Exchange) {
    guard let track = track(hash) else {
      return past.header(hash, of: rendition, served, exchange)
    }
    exchange.respond(rendition.media.response(track).ranged(exchange.request))
  }

  private func track(_ hash: String) -> TrackDescription? {
    let window = rendition.window
    return window.snapshot.tracks.first { $0.headerHash == hash } ?? window.unlistedTrack(hash)
  }

  /// Answers the held requests that the newest publication of the window releases.
  func woken(_ now: MonotonicTime) {
    let (snapshot, listed) = (view.snapshot, view.listing)
    guard snapshot.revision != revision || listed !== listing else { return }
    revision = snapshot.revision
    listing = listed
    playlists.published(listed, now: now)
    rewound.published(listed, now: now)
    parts.published(snapshot, now: now)
    segments.published(snapshot, now: now)
    if let first = snapshot.segments.first {
      rendition.media.forget(before: first.number)
      rendition.indices.forget(before: first.number)
    }
  }

  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime {
    min(
      playlists.held.nextDeadline, parts.held.nextDeadline, segments.nextDeadline,
      rewound.held.nextDeadline)
  }

  /// Answers the requests whose deadline has passed.
  func expire(_ now: MonotonicTime) {
    playlists.expire(now)
    rewound.expire(now)
    parts.expire(now)
    segments.expire(now)
  }

  /// Routes requests for media that has not begun again: other renditions have it.
  func leadAway() {
    for (exchange, since) in parts.held.takeAll() { reroute(exchange, since) }
    segments.leadAway()
  }

  /// The rendition is no longer served: routes held requests again, aborts responses in progress.
  ///
  /// A client cannot mistake an aborted response for a complete one.
  func close() {
    let waiting = playlists.held.takeAll() + rewound.held.takeAll() + parts.held.takeAll()
    for (exchange, since) in waiting { reroute(exchange, since) }
    segments.close()
  }
}
