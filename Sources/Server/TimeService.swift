import Media
import Sharing

/// `/time` and `/isotime`: the server's clock, for players and latency scripts.
enum TimeService {
  /// The text for a query: `ms` is Unix milliseconds with the fraction, everything else ISO 8601 (`iso`, `xsdate`).
  static func text(query: String?, now: Int64) -> String {
    let wantsMilliseconds = query?.split(separator: "&").contains("ms") ?? false
    return wantsMilliseconds
      ? Decimal.string(now / 1000, digits: 3) : UTCTime(nanoseconds: now).text
  }
}
