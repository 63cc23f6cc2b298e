// SPDX-License-Identifier: Apache-2.0

package import Streams
package import Time

extension SourceOutage {
  /// How long an outage lasts before requests are refused at once.
  private static let limit = Interval.seconds(2)
  /// The values of Retry-After.
  private static let seconds: ClosedRange<Int64> = 1...10

  /// When a request is worth another try, in seconds; nil if it is held.
  ///
  /// It is held when the outage has just begun and no attempt has failed, and while a publisher is
  /// about to show its first picture.
  ///
  /// - Parameter now: the present time.
  /// - Returns: the value of Retry-After.
  package func retryAfter(_ now: WallTime) -> Int? {
    guard kind != .firstPicture, retryAt != nil || now - since >= Self.limit else { return nil }
    let wait = retryAt.map { ($0 - now).wholeSeconds } ?? Self.seconds.lowerBound
    return Int(min(max(wait, Self.seconds.lowerBound), Self.seconds.upperBound))
  }
}
