// SPDX-License-Identifier: Apache-2.0

/// Names of media of a live stream, each for one case, so that no cache has its address: pure.
struct EdgeLiveNames: Sendable {
  /// A part by the number of its segment and its index.
  struct Name: Hashable, Sendable {
    let segment, part: Int64
  }

  /// Listed parts that no case has used, the newest last.
  private var unused: [Name] = []
  private var used: Set<Name> = []
  /// The number of the open segment, and when it was read.
  private var open: Int64 = 0
  private var readTime = 0.0
  /// Seconds of a segment.
  private(set) var duration = 1.0
  private var lastNext: Int64 = 0

  /// Takes the parts of a playlist that was read at a time.
  mutating func take(_ playlist: MediaPlaylist, now: Double) {
    guard playlist.nextNumber >= open else { return }
    (open, readTime) = (playlist.nextNumber, now)
    if let last = playlist.segments.last?.duration, last > 0 { duration = min(last, 30) }
    unused = playlist.listed.flatMap { segment in
      segment.parts.indices.map { Name(segment: segment.number, part: Int64($0)) }
    }.filter { !used.contains($0) }
  }

  /// The newest listed part that no case has used; nil without one.
  mutating func part() -> Name? {
    guard let name = unused.popLast() else { return nil }
    used.insert(name)
    return name
  }

  /// The number of a segment that does not exist yet and that no case has used; nil if a segment
  /// must pass before.
  mutating func next(now: Double) -> Int64? {
    // bounded: a floating quotient, of a duration above 0
    let passed = max(0, min(60, (now - readTime) / duration))
    let number = open.addingReportingOverflow(1 + Int64(clamping: Int128(passed)))
    guard !number.overflow, number.partialValue > lastNext else { return nil }
    lastNext = number.partialValue
    used.insert(Name(segment: lastNext, part: 0))
    return lastNext
  }
}
