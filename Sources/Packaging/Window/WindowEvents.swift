// SPDX-License-Identifier: Apache-2.0

import CMAF
import Metadata
import Sharing
import Time

/// The events of a window: pure.
///
/// Chunks carry an event as `emsg`; playlists list it while the window has media of its span. Tags
/// and sets, of which there may be many per second, are carried only, and have numbers of their
/// own.
struct WindowEvents: Sendable {
  /// An event that a chunk has yet to carry.
  private struct Pending: Sendable {
    let event: TimedEvent
    /// Whether a chunk of before its time has carried it.
    var isAnnounced = false
  }

  /// The most events that wait for the chunk of their time.
  private static let maximumPending = TimedEvent.maximumPerWindow + TimedEvent.maximumUnlisted

  /// The listed events, in the order in which they came.
  private(set) var kept: [TimedEvent] = []
  /// The newest events that are not listed, in the order in which they came.
  private(set) var unlisted: [TimedEvent] = []
  /// The events of before the window, in the order in which they left it.
  private(set) var past: [TimedEvent] = []
  /// The cancelled events, for clients that have their date ranges.
  private(set) var cancelled: [TimedEvent] = []
  private var pending: [Pending] = []
  private var lastID: UInt32 = 0
  private var unlistedNumbers = UnlistedNumbers()

  /// No events; those of before are known.
  init(past: [TimedEvent] = []) { self.past = Array(past.suffix(TimedEvent.maximumPast)) }

  /// The events without those that no chunk has carried.
  var carried: WindowEvents {
    let waiting = Set(pending.lazy.filter { !$0.isAnnounced }.map(\.event.id))
    var carried = self
    carried.pending = []
    guard !waiting.isEmpty else { return carried }
    carried.kept.removeAll { waiting.contains($0.id) }
    carried.unlisted.removeAll { waiting.contains($0.id) }
    return carried
  }

  /// Makes the event with the next number: numbers begin with the seconds of `now`, so that they
  /// rise over restarts.
  ///
  /// - Throws: ``EventRefusal/repeated``.
  mutating func make(
    at time: WallTime, mediaTime: MediaTime?, _ data: [UInt8], _ content: EventContent,
    now: WallTime
  ) throws(EventRefusal) -> TimedEvent {
    var ended: TimedEvent.Break?
    if case .splice(let cue) = content {
      let pairs = SplicePairs(past + kept + unlisted)
      guard !pairs.contains(cue, at: time) || pairs.cancels(cue, at: time) else {
        throw .repeated
      }
      ended = pairs.ended(by: cue, at: time, mediaTime: mediaTime, now: now)
    }
    return TimedEvent(
      id: nextID(isListed: content.isListed, now), time: time, mediaTime: mediaTime, data: data,
      content: content, ended: ended)
  }

  private mutating func nextID(isListed: Bool, _ now: WallTime) -> UInt32 {
    guard isListed else { return unlistedNumbers.next(now) }
    let seconds = UInt32(clamping: (now - .origin).wholeSeconds)
    // bounded: the number wraps around after 2^32
    lastID = max(lastID &+ 1, seconds)
    return lastID
  }

  /// Adds an event that the next chunk carries, or the chunk of its time; false if there are too
  /// many.
  mutating func add(_ event: TimedEvent) -> Bool {
    guard !event.isListed || kept.count < TimedEvent.maximumPerWindow else { return false }
    keep(event)
    pending = pending.suffix(Self.maximumPending - 1) + [Pending(event: event)]
    return true
  }

  /// Keeps an event that the chunks of another server carry, if there is room; listed events that
  /// are not newer than the newest one are ignored.
  mutating func note(_ event: TimedEvent) {
    guard event.isListed else { return keep(event) }
    guard kept.count < TimedEvent.maximumPerWindow, event.id > lastID else { return }
    keep(event)
    lastID = event.id
  }

  private mutating func keep(_ event: TimedEvent) {
    if case .splice(let cue) = event.content, cue.isCancellation { cancel(cue, at: event.time) }
    guard event.isListed else {
      unlisted = unlisted.suffix(TimedEvent.maximumUnlisted - 1) + [event]
      return
    }
    // A return to the network ends the break that began with its range.
    for index in kept.indices where event.endsRange(of: kept[index]) {
      kept[index].end = event.time
    }
    kept.append(event)
  }

  /// Forgets the splices to come that a message cancels: neither playlists nor the chunks of their
  /// times have them.
  private mutating func cancel(_ cue: SpliceCue, at time: WallTime) {
    let found = kept.cancel(cue, at: time)
    pending.removeAll { $0.event.isCancelled(by: cue, at: time) }
    cancelled = (cancelled + found).suffix(TimedEvent.maximumPerWindow)
  }

  /// Forgets the events of a span, of before the window too; no chunk carries them from now on.
  mutating func remove(_ span: Range<WallTime>) {
    kept.removeAll { span.contains($0.time) }
    unlisted.removeAll { span.contains($0.time) }
    past.removeAll { span.contains($0.time) }
    cancelled.removeAll { span.contains($0.time) }
    pending.removeAll { span.contains($0.event.time) }
  }

  /// Puts into a chunk the events that it must carry.
  ///
  /// - Parameters:
  ///   - chunk: the chunk as published.
  ///   - end: the end of its last frame.
  ///   - offset: wall clock minus media time.
  ///   - timescale: the ticks per second of the track.
  /// - Returns: the chunk that is published.
  mutating func carried(
    by chunk: Chunk, until end: MediaTime, offset: Interval, timescale: Int32
  ) -> Chunk {
    guard !pending.isEmpty else { return chunk }
    var boxes: [UInt8] = []
    var waiting: [Pending] = []
    for var entry in pending {
      let isDue = entry.event.mediaTime(offset) < end
      let announces = entry.event.isAnnounced && !entry.isAnnounced
      if isDue || announces {
        boxes += entry.event.boxes(offset: offset, timescale: timescale)
        entry.isAnnounced = true
      }
      if !isDue, !entry.isAnnounced || entry.event.isRepeated { waiting.append(entry) }
    }
    pending = waiting
    return boxes.isEmpty ? chunk : chunk.inserting(boxes)
  }

  /// Forgets the events that end before `time`, the beginning of the window.
  mutating func forget(before time: WallTime) {
    unlisted.removeAll { $0.time < time }
    cancelled.removeAll { $0.time < time }
    let leaving = kept.filter { $0.end < time }
    guard !leaving.isEmpty else { return }
    kept.removeAll { $0.end < time }
    past = Array((past + leaving).suffix(TimedEvent.maximumPast))
  }
}

/// The numbers of events that are not listed.
///
/// The highest bit is set, which seconds since 1970 have from 2038 on; the others count from 64
/// times the seconds, so that they rise over restarts for a year.
private struct UnlistedNumbers: Sendable {
  private var last: Int64 = 0

  mutating func next(_ now: WallTime) -> UInt32 {
    // bounded: intervals have 64 bits of nanoseconds
    last = max(last &+ 1, (now - .origin).wholeSeconds * 64)
    return UInt32(truncatingIfNeeded: last) | 0x8000_0000
  }
}

extension TimedEvent {
  /// Its time on the media timeline, by wall clock minus media time.
  fileprivate func mediaTime(_ offset: Interval) -> MediaTime {
    mediaTime ?? MediaTime(time, minus: offset)
  }

  /// The boxes that carry it, by wall clock minus media time and the ticks per second of the track.
  fileprivate func boxes(offset: Interval, timescale: Int32) -> [UInt8] {
    func ticks(_ nanoseconds: Int64) -> Int64 {
      // bounded: 128 bits hold the product of two 64-bit numbers
      let ticks = (Int128(nanoseconds) * Int128(timescale) + 500_000_000) / 1_000_000_000
      return max(0, Int64(clamping: ticks))
    }
    let time = ticks(mediaTime(offset).nanoseconds)
    func box(_ scheme: EventMessage.Scheme, _ data: [UInt8], _ duration: Interval?) -> [UInt8] {
      EventMessage(
        id: id, time: time, timescale: UInt32(clamping: timescale), scheme: scheme,
        duration: UInt32(clamping: ticks((duration ?? .zero).nanoseconds)), data: data
      ).box
    }
    switch content {
    case .data, .interstitial: return box(.data, data, nil)
    case .splice(let cue):
      return box(.data, data, nil) + box(.splice, cue.section.bytes, cue.plannedDuration)
    case .id3(let tag): return box(.id3, tag, nil)
    case .klv(let sets, let isSynchronous):
      return box(isSynchronous ? .synchronousKLV : .asynchronousKLV, sets, nil)
    }
  }
}

extension Chunk {
  /// The chunk with `boxes` after its `styp` and `prft`, in front of `moof`.
  ///
  /// - Source: ISO/IEC 23000-19 §7.3.2.3
  fileprivate func inserting(_ boxes: [UInt8]) -> Chunk {
    let old = bytes.array
    var start = 0
    while old.count - start >= 8,
      ["styp", "prft"].contains(where: { old[(start + 4)...].starts(with: $0.utf8) })
    {
      let size = old[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      guard size >= 8, size <= old.count - start else { break }
      start += size
    }
    return Chunk(
      self, bytes: SharedBytes(Array(old[..<start]) + boxes + Array(old[start...])))
  }
}
