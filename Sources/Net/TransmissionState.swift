// SPDX-License-Identifier: Apache-2.0

package import Time

/// The sending side of a TCP connection at one moment.
package struct TransmissionState: Sendable, Equatable {
  /// Bytes that the peer has acknowledged since the connection was opened.
  package let acknowledged: UInt64
  /// Bytes in the kernel that the peer has not acknowledged.
  package let unacknowledged: Int
  /// The smoothed round trip.
  package let roundTrip: Interval
  /// The shortest round trip of the last minutes: one without queues in the network.
  package let shortestRoundTrip: Interval
  /// The newest measured rate of delivery, in bit/s.
  package let deliveryRate: Int64
  /// Whether the rate is a lower bound: the sender had too few bytes for a higher one.
  package let isLowerBound: Bool

  /// A state with these values.
  package init(
    acknowledged: UInt64, unacknowledged: Int, roundTrip: Interval, shortestRoundTrip: Interval,
    deliveryRate: Int64, isLowerBound: Bool
  ) {
    self.acknowledged = acknowledged
    self.unacknowledged = unacknowledged
    self.roundTrip = roundTrip
    self.shortestRoundTrip = shortestRoundTrip
    self.deliveryRate = deliveryRate
    self.isLowerBound = isLowerBound
  }
}
