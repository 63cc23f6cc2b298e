// SPDX-License-Identifier: Apache-2.0

import Sharing

/// The complete segments of a window, and the bytes of all its chunks.
struct KeptSegments: Sendable {
  /// The number of segments that stay in any case.
  private static let least = 3

  /// The number of segments in the window.
  private let limit: Int
  /// The number of bytes above which old segments are removed early.
  private let byteLimit: Int
  /// Which of them playlists list.
  private let listing: ListedSegments

  /// The segments, oldest first.
  private(set) var segments: [Segment] = []
  /// The number of removed segments that began with a Discontinuity.
  private(set) var evictedDiscontinuities: Int64 = 0
  /// Bytes of the chunks in the window, those of the open segment included.
  private(set) var size = 0
  /// Whether segments were removed since the window was too large.
  private(set) var isShortened = false
  /// The newest segment before a skip over which all were removed, until the next one is complete.
  private(set) var lastBeforeSkip: Segment?
  /// Segments that were removed since ``takeEvicted()``.
  private var evicted: [Segment] = []
  /// Whether a segment was removed since ``takeNewFirst()``.
  private var hasNewFirst = false

  /// No segments; at most `limit`, and fewer above `byteLimit` bytes.
  init(limit: Int, byteLimit: Int, _ listing: ListedSegments) {
    self.limit = limit
    self.byteLimit = byteLimit
    self.listing = listing
  }

  /// Counts Discontinuities from those of an earlier window.
  mutating func startCounting(from discontinuities: Int64) {
    evictedDiscontinuities = discontinuities
  }

  /// Begins with the segments of an earlier window, whose Discontinuities are counted already.
  mutating func begin(with earlier: [Segment]) {
    segments = Array(earlier.dropFirst(excess(of: earlier)))
    size = segments.reduce(0) { $0 + $1.chunks.reduce(0) { $0 + $1.bytes.count } }
    evictedDiscontinuities -= Int64(segments.count { $0.startsDiscontinuity })
    evicted = earlier.dropLast(segments.count)
  }

  /// Counts the bytes of a chunk of the open segment.
  mutating func addBytes(_ count: Int) {
    size += count
    if size > byteLimit { shorten() }
  }

  /// Appends a segment, whose bytes are counted already.
  mutating func append(_ segment: Segment) {
    segments.append(segment)
    if !segment.isGap { lastBeforeSkip = nil }
    if segments.count > limit { evict(excess(of: segments)) }
    if size > byteLimit { shorten() }
  }

  /// The number of oldest segments above the limit; over an outage the listed ones stay longer.
  private func excess(of segments: [Segment]) -> Int {
    guard segments.count > limit else { return 0 }
    // bounded: numbers of segments in memory
    let unlisted = listing.start(in: segments) - (limit - listing.length)
    return min(segments.count - limit, max(0, unlisted))
  }

  /// Makes segments gaps.
  mutating func empty(_ isEmptied: (Segment) -> Bool) {
    for (index, segment) in segments.enumerated() where !segment.isGap && isEmptied(segment) {
      evicted.append(segment)
      size -= segment.chunks.reduce(0) { $0 + $1.bytes.count }
      segments[index] = segment.content.gap(duration: segment.duration)
    }
    // Its bytes are no longer counted.
    if let last = lastBeforeSkip, !last.isGap, isEmptied(last) {
      lastBeforeSkip = last.content.gap(duration: last.duration)
    }
  }

  /// Removes all segments.
  mutating func evictAll() {
    lastBeforeSkip = segments.last
    evict(segments.count)
  }

  /// The segments that were removed since the last call.
  mutating func takeEvicted() -> [Segment] {
    guard !evicted.isEmpty else { return [] }
    defer { evicted = [] }
    return evicted
  }

  /// The oldest segment, if others were removed before it since the last call.
  mutating func takeNewFirst() -> Segment? {
    guard hasNewFirst else { return nil }
    hasNewFirst = false
    return segments.first
  }

  /// Removes the oldest segments until the window is within its limit, or very short.
  private mutating func shorten() {
    while size > byteLimit, segments.count > Self.least {
      evict(1)
      isShortened = true
    }
  }

  private mutating func evict(_ count: Int) {
    evicted += segments.prefix(count)
    for segment in segments.prefix(count) {
      size -= segment.chunks.reduce(0) { $0 + $1.bytes.count }
    }
    evictedDiscontinuities += Int64(segments.prefix(count).count { $0.startsDiscontinuity })
    segments.removeFirst(count)
    if count > 0, !segments.isEmpty { hasNewFirst = true }
  }
}
