// SPDX-License-Identifier: Apache-2.0

package import Time

/// When another publisher of a stream replaces the present one.
package enum Takeover: String, Sendable, CaseIterable {
  /// When the present one has sent nothing for ``time``.
  case silent
  /// When the present one has published for ``time``, so that two clients that both connect again
  /// do not replace each other more often.
  case always

  /// How long a publisher is protected.
  package static let time = Interval.seconds(2)

  /// Whether the present publisher may not be replaced yet.
  ///
  /// - Parameters:
  ///   - start: when it began to publish.
  ///   - last: when it has sent media, or `start`.
  ///   - now: the present time.
  /// - Returns: whether another client is refused.
  package func protects(since start: MonotonicTime, last: MonotonicTime, at now: MonotonicTime)
    -> Bool
  {
    switch self {
    case .silent: now - last <= Self.time
    case .always: now - start <= Self.time
    }
  }
}
