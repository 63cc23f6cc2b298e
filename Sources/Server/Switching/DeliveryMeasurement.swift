// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// The delivery of some bytes to a viewer, as its socket reports it.
struct DeliveryMeasurement: Sendable {
  /// The segment that contains the bytes.
  let segment: Int64
  /// The index of the rendition of the bytes.
  let rendition: Int
  let bytes: Int
  /// The time since the bytes were written, which was at their publication or at the request.
  let elapsed: Interval
  /// Whether the viewer has acknowledged the last of the bytes.
  let isComplete: Bool
  let roundTrip: Interval
  /// The newest measured rate of the connection, in bit/s; 0 if it is unknown.
  let rate: Int64
  /// Whether `rate` is a lower bound only.
  let isLowerBound: Bool

  /// The rate at which the bytes were delivered, in bit/s.
  var ownRate: Int64 { elapsed.rate(of: Int64(clamping: bytes).multipliedSaturated(by: 8)) }
}
