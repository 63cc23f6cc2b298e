// SPDX-License-Identifier: Apache-2.0

package import Time

/// The time without an arrival after which a source is silent: a pure state machine.
///
/// One second, or two and a half times the distance of arrivals if that is longer, as with a camera
/// of one frame per second. The least of the last distances counts, so an outage does not.
package struct SilenceLimit: Sendable {
  /// The least limit.
  package static let least = Interval.seconds(1)
  /// The largest limit.
  package static let most = Interval.seconds(10)
  /// The distances that must be known before the limit is longer than the least.
  private static let count = 3

  private var last: MonotonicTime?
  private var distances: [Interval] = []

  /// A limit of a source without arrivals.
  package init() {}

  /// The limit.
  package var limit: Interval {
    guard distances.count == Self.count, let usual = distances.min() else { return Self.least }
    return Self.limit(usual)
  }

  /// The time without a picture after which a slate replaces the last one.
  ///
  /// By the median of the distances, from the first one on: a slow source has no slate between its
  /// first pictures, nor after two that come at once, or after one that is noted twice, by its
  /// access unit and by its frame. Of two distances the longer one counts.
  package var slateLimit: Interval {
    guard !distances.isEmpty else { return Self.least }
    // bounded: an index below the count
    return Self.limit(distances.sorted()[distances.count / 2])
  }

  private static func limit(_ usual: Interval) -> Interval {
    min(max(usual / 2 * 5, least), most)  // bounded: intervals saturate
  }

  /// When the source will be silent if nothing arrives; nil before the first arrival.
  package var silentFrom: MonotonicTime? { last.map { $0 + limit } }

  /// When a second connection is tried if nothing arrives; nil before the first arrival.
  ///
  /// One second after ``silentFrom``: a line that has held media for less sends it over the first
  /// connection, without a loss.
  package var standbyFrom: MonotonicTime? { silentFrom.map { $0 + Self.least } }

  /// Notes an arrival.
  package mutating func heard(at now: MonotonicTime) {
    if let last { distances = distances.suffix(Self.count - 1) + [now - last] }
    last = now
  }

  /// Notes that the connection has ended.
  package mutating func disconnect() { self = SilenceLimit() }
}
