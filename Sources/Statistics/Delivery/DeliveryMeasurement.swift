// SPDX-License-Identifier: Apache-2.0

import Net
package import Time

/// The delivery of some bytes to a viewer, as its socket reports it.
package struct DeliveryMeasurement: Sendable {
  /// The segment that contains the bytes.
  package let segment: Int64
  /// The index of the rendition of the bytes.
  package let rendition: Int
  package let bytes: Int
  /// The time since the bytes were written, which was at their publication or at the request.
  package let elapsed: Interval
  /// Whether the viewer has acknowledged the last of the bytes.
  package let isComplete: Bool
  package let roundTrip: Interval
  /// The newest measured rate of the connection, in bit/s; 0 if it is unknown.
  package let rate: Int64
  /// Whether `rate` is a lower bound only.
  package let isLowerBound: Bool

  /// The rate at which the bytes were delivered, in bit/s.
  package var ownRate: Int64 { elapsed.rate(of: Int64(clamping: bytes).multipliedSaturated(by: 8)) }
}

/// A receiver of the measurements of all viewers.
package protocol MeasurementReceiver: AnyObject {
  /// Takes a measurement of a viewer; returns whether the bytes need no further measurement.
  func observe(_ measurement: DeliveryMeasurement, of viewer: UInt64, now: MonotonicTime) -> Bool
}
