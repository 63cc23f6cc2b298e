// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
package import Time

/// The renditions of a ladder that have no new media, from which viewers are led away: a pure state
/// machine.
///
/// A rendition is missing at once when it is left out or is a second behind another one. It is
/// present again when it has been less than 0.3 s behind for 3 s. Only media counts: segment
/// numbers that a step of the wall clock skips have none.
package struct MissingRenditions: Sendable {
  /// How far a rendition has got.
  package struct Edge: Sendable, Equatable {
    /// Whether its newest segment is a gap, or its newest chunk one of a rendition left out.
    package let isLeftOut: Bool
    /// The media times of its newest media, in rising order: of each segment that has some.
    package let media: [Range<MediaTime>]

    package init(isLeftOut: Bool, media: [Range<MediaTime>]) {
      self.isLeftOut = isLeftOut
      self.media = media
    }

    /// The duration of the media after `time`.
    package func media(after time: MediaTime) -> Interval {
      media.reduce(.zero) { $0 + max(.zero, $1.upperBound - max($1.lowerBound, time)) }
    }
  }

  /// The lag from which a rendition is missing.
  package static let tolerance = Interval.seconds(1)
  /// The lag below which it is not behind.
  private static let usual = Interval.milliseconds(300)
  /// How long a rendition must not be behind.
  private static let proof = Interval.seconds(3)

  /// The indices of the missing renditions, in rising order.
  package private(set) var indices: [Int] = []
  /// Since when a missing rendition is not behind.
  private var presentSince: [Int: MonotonicTime] = [:]

  /// None is missing.
  package init() {}

  /// Takes the edges of all renditions, the top rendition first.
  package mutating func observe(_ edges: [Edge], now: MonotonicTime) {
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
  package static func substitute(for index: Int, of count: Int, isPresent: (Int) -> Bool) -> Int {
    guard index >= 0, index < count, !isPresent(index) else { return index }
    return (index + 1..<count).first(where: isPresent)
      ?? (0..<index).last(where: isPresent) ?? index
  }
}
