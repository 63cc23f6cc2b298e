// SPDX-License-Identifier: Apache-2.0

/// Counts of observations by size, as in a Prometheus histogram.
package struct Histogram: Sendable {
  /// Upper bounds of the buckets, ascending; one more bucket has no bound.
  package let bounds: [Double]
  /// Observations in each bucket, not cumulative; one more than `bounds`.
  package private(set) var counts: [UInt64]
  /// Sum of all observations.
  package private(set) var sum = 0.0

  /// An empty histogram with these upper bounds, which must ascend.
  package init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  /// A histogram with the observations of another process; nil unless each bucket has a count.
  package init?(bounds: [Double], counts: [UInt64], sum: Double) {
    guard counts.count == bounds.count + 1 else { return nil }
    self.bounds = bounds
    self.counts = counts
    self.sum = sum
  }

  /// Bounds for times from a millisecond to ten seconds, in seconds.
  package static let seconds = Histogram(
    bounds: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10])

  /// Adds one observation.
  package mutating func observe(_ value: Double) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }

  /// Adds the observations of another histogram with the same bounds.
  package mutating func add(_ other: Histogram) {
    guard other.bounds == bounds else { return }
    for index in counts.indices { counts[index] &+= other.counts[index] }
    sum += other.sum
  }
}
