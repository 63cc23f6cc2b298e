// SPDX-License-Identifier: Apache-2.0

import CLinux
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
  package let minimumRoundTrip: Interval
  /// The newest measured rate of delivery, in bit/s.
  package let deliveryRate: Int64
  /// Whether the rate is a lower bound: the sender had too few bytes for a higher one.
  package let isLowerBound: Bool

  /// A state with these values.
  package init(
    acknowledged: UInt64, unacknowledged: Int, roundTrip: Interval, minimumRoundTrip: Interval,
    deliveryRate: Int64, isLowerBound: Bool
  ) {
    self.acknowledged = acknowledged
    self.unacknowledged = unacknowledged
    self.roundTrip = roundTrip
    self.minimumRoundTrip = minimumRoundTrip
    self.deliveryRate = deliveryRate
    self.isLowerBound = isLowerBound
  }
}

extension TransmissionState {
  /// The state of a TCP socket; nil if the system has none.
  init?(of descriptor: Int32) {
    var state = clinux_transmission()
    guard unsafe clinux_read_transmission(descriptor, &state) == 0 else { return nil }
    self.init(
      acknowledged: state.acknowledged, unacknowledged: Int(clamping: state.unacknowledged),
      roundTrip: .microseconds(Int64(state.round_trip)),
      minimumRoundTrip: .microseconds(Int64(state.shortest_round_trip)),
      deliveryRate: Int64(clamping: state.rate).multipliedSaturated(by: 8),
      isLowerBound: state.is_lower_bound != 0)
  }

  /// The smoothed round trip of a TCP socket; nil if the system has none.
  static func roundTrip(of descriptor: Int32) -> Interval? {
    var info = tcp_info()
    var size = socklen_t(MemoryLayout<tcp_info>.size)
    let status = unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size)
    return status == 0 ? .microseconds(Int64(info.tcpi_rtt)) : nil
  }
}
