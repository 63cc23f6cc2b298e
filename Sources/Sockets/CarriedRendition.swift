// SPDX-License-Identifier: Apache-2.0

import Net

/// Which rendition a connection carries, by its measured rate: a pure decision.
enum CarriedRendition {
  /// The index of the highest rendition that the connection carries, or of the last one.
  ///
  /// - Parameters:
  ///   - bandwidths: the average bits per second, the top rendition first; nil if unknown.
  ///   - state: the connection; nil if the system does not say.
  /// - Returns: nil if the rate is unknown, or only a lower bound.
  static func index(_ bandwidths: [Int64?], over state: TransmissionState?) -> Int? {
    guard let state, !state.isLowerBound, state.deliveryRate > 0, !bandwidths.isEmpty else {
      return nil
    }
    return bandwidths.firstIndex { $0.map { $0 <= state.deliveryRate } ?? false }
      ?? bandwidths.count - 1
  }
}
