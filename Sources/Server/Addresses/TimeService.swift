// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import Time

/// `/time` and `/isotime`: the server's clock, for players and latency scripts.
package enum TimeService {
  /// The format of the time.
  package enum Form: Equatable {
    /// Unix milliseconds with three decimals: for clients that measure.
    case unixMilliseconds
    /// ISO 8601 with milliseconds: for players.
    case iso
    /// ISO 8601 with microseconds.
    case isoMicroseconds

    /// The format requested by the query of `/time` (default ISO 8601, like `iso` and `xsdate`).
    ///
    /// Other parameters are ignored, for example those that bypass caches.
    init(query: String?) {
      let wantsMilliseconds = query?.split(separator: "&").contains("ms") ?? false
      self = wantsMilliseconds ? .unixMilliseconds : .iso
    }
  }

  /// The time at `now`.
  ///
  /// - Parameters:
  ///   - form: the format.
  ///   - now: wall clock.
  ///   - displacement: the interval to subtract; not applied to ``Form/unixMilliseconds``.
  /// - Returns: the text, without a line end.
  static func text(_ form: Form, now: WallTime, displacement: Interval) -> String {
    switch form {
    case .unixMilliseconds: Decimal.string((now - .origin).microseconds, digits: 3)
    case .iso: UTCTime(now - displacement).text
    case .isoMicroseconds: UTCTime.microseconds(now - displacement)
    }
  }
}
