// SPDX-License-Identifier: Apache-2.0

/// A pause that doubles, from the lower bound of a range up to the upper one: for attempts that
/// become less frequent while they fail.
public struct DoublingPause: Sendable, Equatable {
  private let range: ClosedRange<Interval>
  /// The present pause.
  public private(set) var length: Interval

  /// The shortest pause of a range.
  public init(_ range: ClosedRange<Interval>) {
    self.range = range
    length = range.lowerBound
  }

  /// Whether the pause is the shortest one.
  public var isShortest: Bool { length == range.lowerBound }

  /// Doubles the pause.
  public mutating func double() {
    // bounded: the product of intervals saturates
    length = min(2 * length, range.upperBound)
  }

  /// The present pause, which is doubled for the next time.
  public mutating func next() -> Interval {
    defer { double() }
    return length
  }

  /// Begins again with the shortest pause.
  public mutating func reset() { length = range.lowerBound }
}
