// SPDX-License-Identifier: Apache-2.0

import Time

/// The properties of segments in a hole, by the segments before it.
struct HoleNeighbour {
  /// The wall clock minus media time.
  let offset: Interval
  /// The hash of the CMAF header.
  let headerHash: String
  /// The largest size of a segment that is fetched.
  let limit: Int

  /// The least of these limits: segments may be larger after a picture that stands still.
  private static let minimumLimit: Int64 = 4 << 20

  /// The properties of the last of these segments; nil without any.
  init?(_ segments: [ArchivedSegment]) {
    guard let last = segments.last else { return nil }
    let media = Interval(ticks: last.row.decodeTime, timescale: Int64(last.timescale))
    offset = Interval(nanoseconds: last.row.start.nanoseconds) - media
    headerHash = last.headerHash
    let largest = segments.reduce(Int64(0)) { max($0, Int64($1.row.size)) }
    limit = Int(
      clamping: min(
        Int64(HealedSegment.limit), max(Self.minimumLimit, largest.multipliedSaturated(by: 8))))
  }
}
