// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing

/// `/time` and `/isotime`: the server's clock, for players and latency scripts.
package enum TimeService {
  /// How the time is written.
  package enum Form: Equatable {
    /// Unix milliseconds with the fraction: for clients that measure.
    case unixMilliseconds
    /// ISO 8601 with milliseconds: for players.
    case iso
    /// ISO 8601 with microseconds.
    case isoMicroseconds

    /// The form that the query of `/time` asks for; `iso` and `xsdate` are the same, and the default.
    ///
    /// Other parameters are ignored, such as those that keep caches away.
    init(query: String?) {
      let wantsMilliseconds = query?.split(separator: "&").contains("ms") ?? false
      self = wantsMilliseconds ? .unixMilliseconds : .iso
    }
  }

  /// The time at `now`.
  ///
  /// - Parameters:
  ///   - form: how it is written.
  ///   - now: wall clock, nanoseconds since 1970.
  ///   - displacement: nanoseconds that are taken off, so that players ask later; never off what measures.
  /// - Returns: the text, without a line end.
  static func text(_ form: Form, now: Int64, displacement: Int64) -> String {
    switch form {
    case .unixMilliseconds: Decimal.string(now / 1000, digits: 3)
    case .iso: UTCTime(nanoseconds: now - displacement).text
    case .isoMicroseconds: UTCTime.microseconds(now - displacement)
    }
  }
}
