// SPDX-License-Identifier: Apache-2.0

import Checked

/// How far a SegmentTimeline reaches that repeats its last segment, in seconds of its Period.
struct TimelineEnd: Sendable {
  /// The end of the Period; nil if it is open.
  let period: Double?
  /// The time at which the MPD was received; nil if the MPD is static.
  let live: Double?
}

/// The segments of a SegmentTimeline: pure.
///
/// - Source: ISO/IEC 23009-1 §5.3.9.6
struct TimelineSegments: Sendable {
  /// The most segments that are read of one timeline.
  private static let most = 100_000
  /// The most segments that are kept of a repetition without a count, the newest ones.
  private static let maximumRepeated: Int64 = 1000

  /// Start and duration of each segment, in ticks.
  private(set) var list: [(start: Int64, duration: Int64)] = []
  /// Segments before those of the list.
  private(set) var skipped: Int64 = 0

  /// - Parameters:
  ///   - timeline: the element.
  ///   - end: how far a repetition without a count reaches.
  ///   - timescale: ticks per second.
  ///   - presentationTimeOffset: ticks at the start of the Period.
  ///   - availabilityTimeOffset: how much earlier than its end a segment is available, in seconds.
  ///   - maximum: the most segments that are read.
  init(
    _ timeline: XMLElement, _ end: TimelineEnd, timescale: Int64, presentationTimeOffset: Int64,
    availabilityTimeOffset: Double, maximum: Int
  ) {
    let most = min(Self.most, maximum)
    let entries = timeline.all("S")
    var next: Int64 = 0
    for (index, entry) in entries.enumerated() {
      let start = entry["t"].flatMap { Int64($0) } ?? next
      guard let length = entry["d"].flatMap({ Int64($0) }) else { continue }
      var time = start
      let stated = entry["r"].flatMap { Int64($0) } ?? 0
      var count = stated.addingReportingOverflow(1).partialValue
      if stated < 0 {
        let following = entries.dropFirst(index + 1).first?["t"].flatMap { Int64($0) }
        count = Self.repetitions(
          from: Double(start) - Double(presentationTimeOffset), length: Double(length),
          to: following.map { Double($0) - Double(presentationTimeOffset) }, end,
          Double(timescale), availabilityTimeOffset)
        let dropped = count - Self.maximumRepeated  // bounded: 0 to 2^53
        if dropped > 0 {
          skipped = skipped.addingReportingOverflow(Int64(list.count) + dropped).partialValue
          list = []
          let distance = dropped.multipliedReportingOverflow(by: length).partialValue
          time = time.addingReportingOverflow(distance).partialValue
          count = Self.maximumRepeated
        }
      }
      for _ in 0..<max(0, min(count, Int64(most))) where list.count < most {
        list.append((time, length))
        time = time.addingReportingOverflow(length).partialValue
      }
      next = time
    }
  }

  /// The number of segments of an `S` with a negative `r`.
  ///
  /// They reach to the next `S` or to the end of the Period; of a live MPD those are counted that
  /// are available. Times are ticks after the start of the Period.
  private static func repetitions(
    from start: Double, length: Double, to following: Double?, _ end: TimelineEnd,
    _ scale: Double, _ offset: Double
  ) -> Int64 {
    guard length > 0 else { return 1 }
    var count: Double?
    // bounded: numbers with a fraction do not trap
    if let last = following ?? end.period.map({ $0 * scale }) {
      // bounded: a length is above 0
      count = ((last - start) / length).rounded(.up)
    }
    if following == nil, let live = end.live {
      let early = min(length, max(0, offset * scale))  // bounded: no trap
      // bounded: a length is above 0
      let available = ((live * scale + early - start) / length).rounded(.down)
      count = min(count ?? available, available)
    }
    guard let count, count.isFinite else { return 1 }
    return Int64(max(0, min(count, 9e15)))  // bounded: below 2^53
  }
}
