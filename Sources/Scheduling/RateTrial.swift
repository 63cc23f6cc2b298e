// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// Whether the first access units of a publisher have the rate that it states, or the stream's: a
/// pure state machine.
///
/// Publishers state wrong rates, so the statement alone decides nothing. A rate that the steps do
/// not confirm is left to ``SourceFitness``, which judges whole groups of pictures.
package struct RateTrial: Sendable {
  /// What the access units tell up to now.
  package enum Finding: Sendable, Equatable {
    /// Too few of them.
    case undecided
    /// They do not have the stated rate.
    case unconfirmed
    /// They have the stated rate, which is not the stream's.
    case otherRate
  }

  /// The steps that decide: a third of a second at 25 frames per second.
  private static let steps: Int64 = 8
  /// The least difference of two rates that as many steps tell apart, in percent.
  private static let minimumDifference: Int64 = 2

  /// The stated rate.
  package let stated: FrameRate
  /// The time of all steps at the stated rate, and at the stream's.
  private let expected: Interval
  private let former: Interval
  private var first: SourceTime?
  private var newest: SourceTime?
  private var count: Int64 = 0

  /// A trial of a publisher that states `stated` in a stream of `rate`.
  ///
  /// - Returns: nil if a few steps do not tell the rates apart.
  package init?(_ stated: FrameRate, in rate: FrameRate) {
    self.stated = stated
    // bounded: a few frames, and intervals saturate
    (expected, former) = (stated.frameDuration * Self.steps, rate.frameDuration * Self.steps)
    guard (expected - former).magnitude * 100 >= former * Self.minimumDifference else {
      return nil
    }
  }

  /// Notes the next access unit by its decode timestamp.
  package mutating func take(_ time: SourceTime) -> Finding {
    guard let first, let newest else {
      (self.first, self.newest) = (time, time)
      return .undecided
    }
    guard time > newest else { return .unconfirmed }
    self.newest = time
    count += 1  // bounded: the caller ends the trial with its finding
    guard count >= Self.steps else { return .undecided }
    let taken = time - first
    // bounded: intervals saturate
    return (taken - expected).magnitude * 2 <= (taken - former).magnitude
      ? .otherRate : .unconfirmed
  }
}
