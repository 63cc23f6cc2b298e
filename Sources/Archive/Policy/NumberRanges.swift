// SPDX-License-Identifier: Apache-2.0

import Time

/// Ranges of segment numbers.
package enum NumberRanges {
  /// The ranges of rising numbers.
  package static func joined(_ numbers: some Sequence<Int64>) -> [ClosedRange<Int64>] {
    var ranges: [ClosedRange<Int64>] = []
    for number in numbers {
      if let last = ranges.last, number == last.upperBound.addingSaturated(1) {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges
  }

  /// The numbers between the first and the last one that no range has, in their order.
  package static func gaps(between ranges: [ClosedRange<Int64>]) -> [ClosedRange<Int64>] {
    let ranges = ranges.sorted { $0.lowerBound < $1.lowerBound }
    guard let first = ranges.first else { return [] }
    var gaps: [ClosedRange<Int64>] = []
    var last = first.upperBound
    for range in ranges {
      let next = last.addingSaturated(1)
      if range.lowerBound > next { gaps.append(next...range.lowerBound.subtractingSaturated(1)) }
      last = max(last, range.upperBound)
    }
    return gaps
  }

  /// The numbers of `ranges` within `reach`.
  package static func clamped(
    _ ranges: [ClosedRange<Int64>], to reach: ClosedRange<Int64>
  ) -> [ClosedRange<Int64>] {
    ranges.filter { $0.overlaps(reach) }.map { $0.clamped(to: reach) }
  }

  /// The numbers of `ranges` that no range of `others` has.
  package static func subtracting(
    _ others: [ClosedRange<Int64>], from ranges: [ClosedRange<Int64>]
  ) -> [ClosedRange<Int64>] {
    others.reduce(ranges) { ranges, other in
      ranges.flatMap { range -> [ClosedRange<Int64>] in
        guard range.overlaps(other) else { return [range] }
        var rest: [ClosedRange<Int64>] = []
        if range.lowerBound < other.lowerBound {
          rest.append(range.lowerBound...other.lowerBound.subtractingSaturated(1))
        }
        if range.upperBound > other.upperBound {
          rest.append(other.upperBound.addingSaturated(1)...range.upperBound)
        }
        return rest
      }
    }
  }
}
