// SPDX-License-Identifier: Apache-2.0

import CMAF
import Sharing
import Time

/// The events of a window: pure.
///
/// The next chunk carries an event as `emsg`; playlists list it while the window has its segment.
struct WindowEvents: Sendable {
  /// The events, in the order in which they came.
  private(set) var kept: [TimedEvent] = []
  /// The events of before the window, in the order in which they left it.
  private(set) var past: [TimedEvent] = []
  private var pending: [TimedEvent] = []
  private var lastID: UInt32 = 0

  /// No events; those of before are known.
  init(past: [TimedEvent] = []) { self.past = Array(past.suffix(TimedEvent.maximumPast)) }

  /// Makes the event with the next number.
  ///
  /// - Parameters:
  ///   - time: its capture time.
  ///   - data: a JSON text.
  ///   - now: the wall clock; numbers begin with its seconds, so that they rise over restarts.
  /// - Returns: the event.
  mutating func make(at time: WallTime, _ data: [UInt8], now: WallTime) -> TimedEvent {
    let seconds = UInt32(clamping: (now - .origin).wholeSeconds)
    // bounded: the number wraps around after 2^32
    lastID = max(lastID &+ 1, seconds)
    return TimedEvent(id: lastID, time: time, data: data)
  }

  /// Adds an event that the next chunk carries; false if there are too many.
  mutating func add(_ event: TimedEvent) -> Bool {
    guard kept.count < TimedEvent.maximumPerWindow else { return false }
    kept.append(event)
    pending.append(event)
    return true
  }

  /// Keeps an event that the chunks of another server carry, if there is room; events that are not
  /// newer than the newest one are ignored.
  mutating func note(_ event: TimedEvent) {
    guard kept.count < TimedEvent.maximumPerWindow, event.id > lastID else { return }
    kept.append(event)
    lastID = event.id
  }

  /// Puts the events into a chunk that no chunk has carried yet.
  ///
  /// - Parameters:
  ///   - chunk: the chunk as published.
  ///   - offset: wall clock minus media time.
  ///   - timescale: the ticks per second of the track.
  /// - Returns: the chunk that is published.
  mutating func carried(by chunk: Chunk, offset: Interval, timescale: Int32) -> Chunk {
    guard !pending.isEmpty else { return chunk }
    defer { pending = [] }
    var boxes: [UInt8] = []
    for event in pending {
      let time = MediaTime(event.time, minus: offset).nanoseconds
      // bounded: 128 bits hold the product of two 64-bit numbers
      let ticks = (Int128(time) * Int128(timescale) + 500_000_000) / 1_000_000_000
      boxes +=
        EventMessage(
          id: event.id, time: max(0, Int64(clamping: ticks)),
          timescale: UInt32(clamping: timescale),
          data: event.data
        ).box
    }
    return chunk.inserting(boxes)
  }

  /// Forgets the events before `time`, the beginning of the window.
  mutating func forget(before time: WallTime) {
    let leaving = kept.filter { $0.time < time }
    guard !leaving.isEmpty else { return }
    kept.removeAll { $0.time < time }
    past = Array((past + leaving).suffix(TimedEvent.maximumPast))
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
      frameIndex: frameIndex, frames: frames, segment: segment, isIndependent: isIndependent,
      isStill: isStill, duration: duration, captured: captured, published: published,
      bytes: SharedBytes(Array(old[..<start]) + boxes + Array(old[start...])))
  }
}
