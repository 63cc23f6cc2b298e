// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// Whether a connection is known to carry the next higher rendition: a pure decision.
enum BandwidthEvidence {
  /// The connection is too slow, or has a queue.
  case against
  /// Unknown: only a trial shows it.
  case unknown
  /// The connection has carried 1.4 times its bits.
  case proven

  /// The time by which a queue in the network delays bytes that is more than a delayed
  /// acknowledgement.
  private static let maximumQueueTime = Interval.milliseconds(100)

  /// - Parameters:
  ///   - state: the connection; nil if the system does not say.
  ///   - bandwidth: the bits per second of the next higher rendition.
  init(_ state: TransmissionState?, bandwidth: Int64) {
    self = Self.evidence(state, bandwidth)
  }

  private static func evidence(_ state: TransmissionState?, _ bandwidth: Int64) -> BandwidthEvidence
  {
    guard let state else { return .unknown }
    // bounded: intervals saturate
    guard state.roundTrip - state.minimumRoundTrip <= maximumQueueTime else { return .against }
    if state.deliveryRate / 7 * 5 >= bandwidth { return .proven }
    return state.isLowerBound ? .unknown : .against
  }

  /// The index of the highest rendition that a connection carries by its measured rate, or of the
  /// last one.
  ///
  /// - Parameters:
  ///   - bandwidths: the average bits per second, the top rendition first; nil if unknown.
  ///   - state: the connection; nil if the system does not say.
  /// - Returns: nil if the rate is unknown, or only a lower bound.
  static func carried(_ bandwidths: [Int64?], over state: TransmissionState?) -> Int? {
    guard let state, !state.isLowerBound, state.deliveryRate > 0, !bandwidths.isEmpty else {
      return nil
    }
    return bandwidths.firstIndex { $0.map { $0 <= state.deliveryRate } ?? false }
      ?? bandwidths.count - 1
  }
}
