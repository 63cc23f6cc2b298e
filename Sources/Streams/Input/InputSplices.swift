// SPDX-License-Identifier: Apache-2.0

import Metadata
import Time

/// The splices of an input that are still to come, by their timestamps: a pure state machine.
///
/// A splice is announced for a frame of the stream. Until its picture arrives, the mapping of
/// timestamps may move, and a late picture misses its frame.
struct InputSplices: Sendable {
  /// A frame that was planned.
  private struct Entry: Sendable {
    let cue: SpliceCue
    let pts: SourceTime
    let frame: Int64
    /// Whether it is the end of a break that needs no other message.
    let isReturn: Bool
  }

  /// The most splices that are known, and the most messages without a time.
  private static let capacity = 64
  /// How long a message without a time may be repeated.
  private static let repetition = Interval.seconds(10)

  private var entries: [Entry] = []
  /// The time up to which pictures were shown.
  private var shown = SourceTime.distantPast
  private var immediate: [(cue: SpliceCue, arrival: MonotonicTime)] = []

  /// Whether a message without a time is a repetition.
  mutating func repeats(_ cue: SpliceCue, at arrival: MonotonicTime) -> Bool {
    immediate.removeAll { arrival - $0.arrival > Self.repetition }
    guard !immediate.contains(where: { $0.cue.says(sameAs: cue) }) else { return true }
    immediate = immediate.suffix(Self.capacity - 1) + [(cue, arrival)]
    return false
  }

  /// Adds a splice that was planned, unless its picture was shown.
  ///
  /// - Parameters:
  ///   - cue: its message.
  ///   - pts: its time.
  ///   - frame: the frame for which it is announced.
  ///   - isReturn: whether it is the end of a break that needs no other message.
  mutating func add(_ cue: SpliceCue, pts: SourceTime, frame: Int64, isReturn: Bool) {
    guard pts > shown,
      !entries.contains(where: {
        $0.frame == frame && $0.isReturn == isReturn && $0.cue.says(sameAs: cue)
      })
    else { return }
    let added = Entry(cue: cue, pts: pts, frame: frame, isReturn: isReturn)
    entries = entries.suffix(Self.capacity - 1) + [added]
  }

  /// Takes the splices at or before a picture with the timestamp `pts`.
  ///
  /// - Returns: the frames for which they were announced.
  mutating func take(upTo pts: SourceTime) -> [Int64] {
    shown = pts
    let due = entries.filter { $0.pts <= pts }
    guard !due.isEmpty else { return [] }
    entries.removeAll { $0.pts <= pts }
    return due.map(\.frame)
  }

  /// Removes the splices after `pts` that a message cancels.
  ///
  /// - Returns: their frames.
  mutating func cancel(_ cue: SpliceCue, after pts: SourceTime) -> [Int64] {
    let begins = entries.contains { !$0.isReturn && $0.pts > pts && $0.cue.hasEvent(of: cue) }
    guard begins else { return [] }
    return remove { $0.pts > pts && $0.cue.hasEvent(of: cue) }
  }

  /// Removes the ends of breaks after `pts`, to which a message returns earlier.
  ///
  /// - Returns: their frames.
  mutating func shorten(_ cue: SpliceCue, to pts: SourceTime) -> [Int64] {
    guard cue.role == .in else { return [] }
    return remove { $0.isReturn && $0.pts > pts && $0.cue.hasEvent(of: cue) }
  }

  private mutating func remove(where isIn: (Entry) -> Bool) -> [Int64] {
    let found = entries.filter(isIn).map(\.frame)
    entries.removeAll(where: isIn)
    // Another splice may be at the same frame.
    return found.filter { frame in !entries.contains { $0.frame == frame } }
  }
}
