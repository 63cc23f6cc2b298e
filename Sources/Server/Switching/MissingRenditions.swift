// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import Time

/// The renditions of a ladder that have no new media, from which viewers are led away: a pure state
/// machine.
///
/// A rendition is missing at once when it is left out or is a second behind another one. It is
/// present again when it has been less than 0.3 s behind for 3 s. Only media counts: segment
/// numbers that a step of the wall clock skips have none.
struct MissingRenditions: Sendable {
  /// How far a rendition has got.
  struct Edge: Sendable, Equatable {
    /// Whether its newest segment is a gap, or its newest chunk one of a rendition left out.
    let isLeftOut: Bool
    /// The media times of its newest media, in rising order: of each segment that has some.
    let media: [Range<MediaTime>]

    /// The duration of the media after `time`.
    func media(after time: MediaTime) -> Interval {
      media.reduce(.zero) { $0 + max(.zero, $1.upperBound - max($1.lowerBound, time)) }
    }
  }

  /// The lag from which a rendition is missing.
  static let tolerance = Interval.seconds(1)
  /// The lag below which it is not behind.
  private static let usual = Interval.milliseconds(300)
  /// How long a rendition must not be behind.
  private static let proof = Interval.seconds(3)

  /// The indices of the missing renditions, in rising order.
  private(set) var indices: [Int] = []
  /// Since when a missing rendition is not behind.
  private var presentSince: [Int: MonotonicTime] = [:]

  /// None is missing.
  init() {}

  /// Takes the edges of all renditions, the top rendition first.
  mutating func observe(_ edges: [Edge], now: MonotonicTime) {
    let present = edges.filter { !$0.isLeftOut }
    guard !present.isEmpty else {
      // Viewers cannot be led to any other.
      (indices, presentSince) = ([], [:])
      return
    }
    let lags = edges.map { edge in
      guard let end = edge.media.last?.upperBound else { return Interval.max }
      return present.map { $0.media(after: end) }.max() ?? .zero
    }
    let absent = edges.indices.filter { edges[$0].isLeftOut || lags[$0] >= Self.tolerance }
    indices = edges.indices.filter { index in
      if absent.contains(index) {
        presentSince[index] = nil
        return true
      }
      guard indices.contains(index) else { return false }
      guard lags[index] < Self.usual else {
        presentSince[index] = nil
        return true
      }
      let since = presentSince[index] ?? now
      presentSince[index] = since
      guard now - since >= Self.proof else { return true }
      presentSince[index] = nil
      return false
    }
    if indices.count == edges.count { indices = absent }
  }

  /// The rendition in place of the one at `index`: the next lower one that is present, else the
  /// next higher one.
  static func substitute(for index: Int, of count: Int, isPresent: (Int) -> Bool) -> Int {
    guard index >= 0, index < count, !isPresent(index) else { return index }
    return (index + 1..<count).first(where: isPresent)
      ?? (0..<index).last(where: isPresent) ?? index
  }
}

extension WindowSnapshot {
  /// How far the rendition has got; nil if it is not live, or has no media.
  fileprivate func edge(on segmentation: TrackSegmentation) -> MissingRenditions.Edge? {
    guard state == .live else { return nil }
    var media: [Range<MediaTime>] = []
    var duration = Interval.zero
    func add(_ chunks: [Chunk]) {
      guard let first = chunks.first, let last = chunks.last else { return }
      let start = segmentation.frameTime(of: first.frameIndex)
      let end = max(start, segmentation.frameTime(of: last.lastFrame + 1))
      media.append(start..<end)
      duration += end - start
    }
    if let open { add(open.chunks) }
    // A longer lag makes no difference.
    for segment in segments.reversed() where !segment.isGap {
      guard duration < MissingRenditions.tolerance else { break }
      add(segment.chunks)
    }
    guard !media.isEmpty else { return nil }
    let newest = open?.chunks.last ?? segments.last { !$0.isGap }?.chunks.last
    return MissingRenditions.Edge(
      isLeftOut: newest?.isStill == true || open == nil && segments.last?.isGap == true,
      media: media.reversed())
  }
}

extension ServedStream {
  /// The indices of the video renditions without new media; see ``MissingRenditions``.
  func missingRenditions(now: MonotonicTime) -> [Int] {
    guard renditions.count > 1 else { return [] }
    let edges = renditions.filter { !$0.isAudio }
      .map { $0.window.snapshot.edge(on: $0.window.segmentation) }
    let known = edges.compactMap(\.self)
    // At the start and at the end of a stream all of them have media, or none.
    guard edges.count > 1, known.count == edges.count else { return [] }
    return missing.withLock { missing in
      missing.observe(known, now: now)
      return missing.indices
    }
  }

  /// The names of the video renditions without new media.
  func missingNames(now: MonotonicTime) -> [String] {
    let indices = missingRenditions(now: now)
    guard !indices.isEmpty else { return [] }
    let videos = renditions.filter { !$0.isAudio }
    return indices.map { videos[$0].name }
  }
}
