// SPDX-License-Identifier: Apache-2.0

public import Time

/// In tests an integer literal is an interval in nanoseconds.
extension Interval: ExpressibleByIntegerLiteral {
  /// An interval of `value` nanoseconds.
  public init(integerLiteral value: Int64) { self.init(nanoseconds: value) }
}

/// In tests an integer literal is an instant in nanoseconds.
extension Instant: ExpressibleByIntegerLiteral {
  /// The instant `value` nanoseconds after the origin.
  public init(integerLiteral value: Int64) { self.init(nanoseconds: value) }
}

extension MediaTime {
  /// The instant of the wall clock with the same reading: the capture time of a frame without an
  /// offset.
  package var wall: WallTime { WallTime(self, plus: .zero) }
}

/// The length of `interval` without its sign.
package func abs(_ interval: Interval) -> Interval { interval.magnitude }
