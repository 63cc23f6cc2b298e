package import Media

/// What the playlists of a stream say of themselves; constant, byte for byte, for the stream's whole life.
///
/// AVPlayer fails when one of these values changes in a running stream.
/// - Source: RFC 8216bis §4.4.3.1 (target duration), §4.4.3.7 (part target), §4.4.3.8 (server control)
package struct ServerControl: Sendable, Equatable {
  /// Whole seconds.
  package let targetDuration: Int64
  /// EXT-X-PART-INF's PART-TARGET in microseconds, rounded up: no part is longer than what is printed.
  package let partTargetMicroseconds: Int64
  /// PART-HOLD-BACK in microseconds.
  package let partHoldBackMicroseconds: Int64
  /// CAN-SKIP-UNTIL in whole seconds: six Target Durations, the least that is allowed.
  package var skipUntil: Int64 { 6 * targetDuration }

  /// The constants of streams with this cadence.
  ///
  /// - Parameters:
  ///   - cadence: how frames fall into parts and segments.
  ///   - holdBackMicroseconds: PART-HOLD-BACK as wished; nil for three printed part targets, rounded up to the
  ///     millisecond (the Apple authoring rules, 14.3, demand three).
  package init(cadence: Cadence, holdBackMicroseconds: Int64? = nil) {
    targetDuration = cadence.targetDuration
    let timescale = Int64(cadence.grid.rate.timescale)
    partTargetMicroseconds = (cadence.partTicks * 1_000_000 + timescale - 1) / timescale
    let threefold = (3 * partTargetMicroseconds + 999) / 1000 * 1000
    partHoldBackMicroseconds = holdBackMicroseconds ?? threefold
  }

  var partTarget: String { Decimal.shortString(partTargetMicroseconds, digits: 6) }
  var partHoldBack: String { Decimal.shortString(partHoldBackMicroseconds, digits: 6) }
}
