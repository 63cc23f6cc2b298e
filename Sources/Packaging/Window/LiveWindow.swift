// SPDX-License-Identifier: Apache-2.0

package import Encryption
package import Media
package import Metadata
import Sharing
import Synchronization
package import Time

/// One rendition's window: its publisher appends chunks, all threads read the newest snapshot.
///
/// A publication appends a chunk, creates a snapshot, swaps it under the lock, and wakes the
/// subscribers. Nothing is rendered or sent here.
package final class LiveWindow: Sendable {
  struct Shared: Sendable {
    var window: WindowState
    /// When a chunk arrived last, and when the newest segment became complete.
    var heard = SystemClock.monotonicTime, completed = SystemClock.monotonicTime
    var tracks: [TrackDescription] = []
    var snapshot: WindowSnapshot
    /// The snapshot for playlists; the object `snapshot` if there is no gate.
    var listed: WindowSnapshot
    var listing = WindowListing()
    var wakers: [@Sendable () -> Void] = []
    /// Whether another window has the media.
    var isLeft = false
    /// The media of the session before that playlists do not list, and when its names end.
    var unlisted: (media: EarlierMedia, until: MonotonicTime)?

    /// The number of newest CMAF headers that are kept, beside those of segments in the window:
    /// players may ask for them later than for their segments.
    static let headerLimit = 8

    mutating func add(_ track: TrackDescription) {
      tracks.removeAll { $0.headerHash == track.headerHash }
      let used = window.headerHashes
      let old = tracks.dropLast(Self.headerLimit - 1).filter { used.contains($0.headerHash) }
      tracks = old + tracks.suffix(Self.headerLimit - 1) + [track]
    }
  }

  /// The rule that groups frames into parts and segments.
  package let segmentation: TrackSegmentation
  let shared: Locked<Shared>
  private let gate: PublishGate?
  private let rendition: Int
  private let protection: TrackProtection?
  /// Whether it has begun with media of the session before.
  private let isContinued: Bool
  private let changes = Atomic<Int>(0)

  /// An empty window in the state `starting`.
  ///
  /// - Parameters:
  ///   - segmentation: the rule that groups frames into parts and segments.
  ///   - playlistLength: the number of complete segments in playlists.
  ///   - retained: the number of complete segments in the window, at least two more than in
  ///     playlists: a segment stays for its own duration plus that of the longest playlist (RFC
  ///     8216bis §6.2.2).
  ///   - byteLimit: the number of bytes above which old segments are removed early.
  ///   - earlier: the end of the session before, if this one continues it.
  ///   - media: the newest media of that session, with which the window begins.
  ///   - unlisted: the same if the window cannot begin with it: its names are answered for as long
  ///     as if it had left this window.
  ///   - gate: the gate of the ladder; nil if there is none.
  ///   - rendition: the index of the rendition in the gate.
  ///   - protection: the encryption of its media; nil for none.
  ///   - marksOutages: whether gaps are outages of the source, which a Discontinuity follows.
  package init(
    segmentation: TrackSegmentation, playlistLength: Int, retained: Int, byteLimit: Int = .max,
    after earlier: WindowEnd? = nil, with media: EarlierMedia? = nil,
    beside unlisted: EarlierMedia? = nil, gate: PublishGate? = nil,
    rendition: Int = 0, protection: TrackProtection? = nil, marksOutages: Bool = false
  ) {
    self.protection = protection
    self.segmentation = segmentation
    self.gate = gate
    self.rendition = rendition
    let window = WindowState(
      segmentation: segmentation, playlistLength: playlistLength,
      retained: max(retained, playlistLength + 2), byteLimit: byteLimit, after: earlier,
      with: media, marksOutages: marksOutages)
    // Not described yet.
    let empty = WindowSnapshot(window, tracks: [])
    shared = Locked(
      Shared(window: window, tracks: media?.tracks ?? [], snapshot: empty, listed: empty))
    isContinued = media != nil
    media?.take()
    if media == nil, let unlisted {
      let until = SystemClock.monotonicTime + unlisted.span
      shared.withLock { $0.unlisted = (unlisted, until) }
    }
  }

  /// Responses may keep the last media too: it is past media from now on.
  deinit { Self.release(shared.withLock { $0.isLeft ? [] : $0.window.bytes }, after: span) }

  /// The media with which the window of the next session begins, when nothing publishes in this one
  /// any more; nil if readers have seen none.
  func leaveMedia() -> EarlierMedia? {
    shared.withLock { shared in
      let media = shared.window.media(shared.tracks)
      shared.isLeft = shared.isLeft || media != nil
      return media
    }
  }

  /// The newest snapshot.
  package var snapshot: WindowSnapshot { shared.withLock { $0.snapshot } }

  /// The snapshot for playlists; older than `snapshot` while another rendition is late.
  package var listing: WindowSnapshot { shared.withLock { $0.listed } }

  /// Rises with each change of `snapshot` or `listing`, after it.
  ///
  /// A reader that finds the same count again may use its snapshots again, without the lock.
  package var changeCount: Int { changes.load(ordering: .acquiring) }

  /// Calls `wake` after each change, on the publisher's thread.
  ///
  /// `wake` must not block and must not retain the window.
  package func subscribe(_ wake: @escaping @Sendable () -> Void) {
    shared.withLock { $0.wakers.append(wake) }
  }

  /// Sets the constants of the rendition; called once, before the window goes live.
  package func describe(_ track: TrackDescription) {
    guard let track = encrypted(track) else { return }
    shared.withLock { shared in
      if isContinued { shared.add(track) } else { shared.tracks = [track] }
      shared.window.describe(headerHash: track.headerHash)
    }
  }

  /// Appends a chunk of the prefill; subscribers are not called.
  package func appendPrefill(_ chunk: Chunk) {
    guard let chunk = encrypted(chunk) else { return }
    shared.withLock { $0.window.append(chunk, isPrefill: true) }
  }

  /// Opens the window to readers.
  package func goLive() {
    let now = SystemClock.monotonicTime
    // Media of the session before is no older than the window for the watch over outages.
    shared.withLock { ($0.heard, $0.completed) = (now, now) }
    change { $0.goLive() }
  }

  /// Appends the next chunk.
  ///
  /// - Parameters:
  ///   - chunk: the chunk.
  ///   - offset: wall clock minus media time in the segment that begins with it; nil if it is that
  ///     of the segment before.
  package func publish(_ chunk: Chunk, offset: Interval? = nil) {
    guard let chunk = encrypted(chunk) else {
      gate?.left(rendition)
      return
    }
    // The other renditions do not wait for one that is left out.
    change(isMade: !chunk.isStill, isHeard: true) {
      $0.append(chunk, isPrefill: false, offset: offset)
    }
  }

  /// Announces a step of the wall clock; see ``WindowState/announce(offset:skipped:headerHash:)``.
  package func announce(offset: Interval, skipped: Int64) {
    shared.withLock { $0.window.announce(offset: offset, skipped: skipped) }
  }

  /// Begins a discontinuity period with `chunks`, in one change.
  ///
  /// The open segment becomes complete and skipped numbers become gaps. The first period of a
  /// stream begins without a Discontinuity.
  ///
  /// - Parameters:
  ///   - chunks: the first chunks; a segment begins with them.
  ///   - offset: wall clock minus media time.
  ///   - skipped: the number of segment numbers before them without media.
  ///   - track: the constants from there on, if the CMAF header changes.
  package func begin(
    _ chunks: [Chunk], offset: Interval, skipped: Int64, track: TrackDescription? = nil
  ) {
    let track = track.flatMap { encrypted($0) }
    // Without its key frame a period has no start.
    let made = chunks.map { encrypted($0) }
    let chunks = made.contains { $0 == nil } ? [] : made.compactMap(\.self)
    if let track { shared.withLock { $0.add(track) } }
    change(isHeard: true) { window in
      if window.segments.isEmpty, window.open == nil {
        window.begin(offset: offset, headerHash: track?.headerHash)
      } else {
        window.announce(offset: offset, skipped: skipped, headerHash: track?.headerHash)
      }
      for chunk in chunks { window.append(chunk, isPrefill: false) }
    }
  }

  /// Adds an event, which gets the next number; the next chunk carries it, or that of its time.
  ///
  /// - Parameters:
  ///   - time: its capture time.
  ///   - mediaTime: its time on the media timeline, if the source has placed it there.
  ///   - data: a JSON text.
  ///   - content: its meaning for players.
  ///   - now: the wall clock.
  /// - Returns: the event, for the windows of the other renditions.
  /// - Throws: ``EventRefusal``.
  package func addEvent(
    at time: WallTime, mediaTime: MediaTime? = nil, _ data: [UInt8],
    _ content: EventContent = .data, now: WallTime
  ) throws(EventRefusal) -> TimedEvent {
    let result = shared.withLock { shared in
      Result { () throws(EventRefusal) in
        try shared.window.addEvent { events throws(EventRefusal) in
          try events.make(at: time, mediaTime: mediaTime, data, content, now: now)
        }
      }
    }
    let event = try result.get()
    change { _ in }
    return event
  }

  /// Keeps an event that the chunks of another server carry.
  package func note(_ event: TimedEvent) { change { $0.note(event) } }

  /// Adds an event of another rendition.
  package func add(_ event: TimedEvent) { change { $0.add(event) } }

  /// Makes the segments with media of a span gaps, the open one when it is complete, and forgets
  /// the events of the span; playlists list none of them from now on.
  package func remove(_ span: Range<WallTime>) {
    if let media = unlisted {
      let rest = media.without(span)
      shared.withLock { shared in
        guard let until = shared.unlisted?.until, shared.unlisted?.media === media else { return }
        shared.unlisted = rest.map { ($0, until) }
      }
    }
    change(isRelisted: true) { $0.remove(span) }
  }

  /// Makes segment `number` a gap, for which the other renditions do not wait.
  ///
  /// The next published chunk begins a later segment.
  package func leaveOut(_ number: Int64) { change(isMade: false) { $0.leaveOut(number) } }

  /// Ends the stream: the open segment becomes the last one.
  package func end() { change { $0.end() } }

  /// Lets playlists list all parts below `version`; missing parts become gaps.
  func list(upTo version: Int64) {
    let wakers: [@Sendable () -> Void] = shared.withLock { shared in
      guard shared.listing.advance(to: version, has: shared.snapshot.version) else { return [] }
      shared.listed = shared.listing.snapshot(of: shared.snapshot)
      changes.add(1, ordering: .releasing)
      return shared.wakers
    }
    for wake in wakers { wake() }
  }

  /// The time for which responses may send a segment that has left the window: as long again as it
  /// was in the window, and not less than ``minimumSpan``.
  private var span: Interval { max(Self.minimumSpan, shared.withLock { $0.window.span }) }

  /// The constants of the encrypted track; nil if the track cannot be encrypted.
  private func encrypted(_ track: TrackDescription) -> TrackDescription? {
    guard let protection else { return track }
    let added = ProtectedChunk.usualAddition(
      isVideo: !segmentation.isAudio, rotates: protection.rotates)
    return protection.header(track.header.array).map { track.encrypted($0, added: Int64(added)) }
  }

  /// The encrypted chunk; nil if the chunk cannot be encrypted.
  private func encrypted(_ chunk: Chunk) -> Chunk? {
    guard let protection else { return chunk }
    let segment = chunk.segment ?? segmentation.segment(of: chunk.frameIndex)
    return protection.chunk(chunk.bytes, segment: segment).map {
      Chunk(chunk, bytes: $0)
    }
  }

  private static let minimumSpan = Interval.seconds(10)

  private static func release(_ bytes: [SharedBytes], after span: Interval) {
    PastMedia.add(bytes, until: SystemClock.monotonicTime + span)
  }

  func change(
    isMade: Bool = true, isHeard: Bool = false, isRelisted: Bool = false,
    _ body: @Sendable (inout WindowState) -> Void
  ) {
    let (snapshot, wakers, evicted) = shared.withLock { shared in
      let newest = shared.window.segments.last?.number
      body(&shared.window)
      if isHeard { shared.heard = SystemClock.monotonicTime }
      if shared.window.segments.last?.number != newest {
        shared.completed = SystemClock.monotonicTime
      }
      let snapshot = WindowSnapshot(shared.window, tracks: shared.tracks)
      let hasEnded = snapshot.state == .ended
      shared.snapshot = snapshot
      if gate == nil || hasEnded {
        shared.listed = snapshot
      } else if isRelisted, shared.listing.version > .min {
        shared.listed = shared.listing.snapshot(of: snapshot)
      }
      changes.add(1, ordering: .releasing)
      return (snapshot, shared.wakers, shared.window.takeEvicted())
    }
    _ = unlisted
    if !evicted.isEmpty {
      Self.release(evicted.flatMap(\.chunks).map(\.bytes), after: span)
    }
    if snapshot.state == .live {
      if isMade { gate?.published(snapshot.version, by: rendition) } else { gate?.left(rendition) }
    }
    for wake in wakers { wake() }
  }
}
