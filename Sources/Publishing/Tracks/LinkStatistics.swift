// SPDX-License-Identifier: Apache-2.0

package import Time

/// What the links of publishers have counted, in packets of SRT.
package struct LinkStatistics: Sendable, Equatable {
  /// Packets of data, with repeated ones.
  package var received: UInt64 = 0
  /// Packets that were missing when a later one arrived.
  package var lost: UInt64 = 0
  /// Packets that were sent again.
  package var retransmitted: UInt64 = 0
  /// Packets that were still missing at the time of their delivery.
  package var late: UInt64 = 0
  /// Packets that were dropped because the source of the stream did not read.
  package var overflowed: UInt64 = 0
  /// The present round-trip time; nil without a publisher.
  package var roundTrip: Interval?

  /// No packets.
  package init() {}

  /// The sums, with the round-trip time of `newer`.
  func adding(_ newer: LinkStatistics) -> LinkStatistics {
    var sum = newer
    sum.received += received
    sum.lost += lost
    sum.retransmitted += retransmitted
    sum.late += late
    sum.overflowed += overflowed
    return sum
  }
}
