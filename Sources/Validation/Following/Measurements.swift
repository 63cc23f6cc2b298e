// SPDX-License-Identifier: Apache-2.0

/// The times that a validation measures, in seconds: pure.
package struct Measurements: Sendable {
  /// The event whose duration is measured.
  package enum Kind: String, Sendable, CaseIterable {
    /// A blocking reload: from the request to the last byte.
    case reload = "blocking reload"
    /// A hinted part: from the request to the last byte.
    case hintedPart = "hinted part"
    /// A segment of an MPD: from its availability time to the first byte.
    case firstByte = "first byte of a segment"
    /// From the `prft` of the newest chunk to its last byte.
    case age = "age of media by prft"
  }

  /// The most times of a kind that are kept.
  private static let most = 10_000

  private var times: [Kind: [Double]] = [:]

  /// Adds a time.
  mutating func add(_ kind: Kind, _ seconds: Double) {
    guard times[kind, default: []].count < Self.most else { return }
    times[kind, default: []].append(seconds)
  }

  /// The number of times, the median, the 95th percentile and the largest.
  package func summary(_ kind: Kind) -> (count: Int, median: Double, p95: Double, most: Double)? {
    guard let sorted = times[kind]?.sorted(), let last = sorted.last else { return nil }
    func quantile(_ share: Double) -> Double {
      // bounded: a share of the number of times
      sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
    return (sorted.count, quantile(0.5), quantile(0.95), last)
  }
}
