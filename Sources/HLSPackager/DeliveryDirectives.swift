// SPDX-License-Identifier: Apache-2.0

/// The Delivery Directives of a playlist request.
///
/// - Source: RFC 8216bis §6.2.5. `wait` and `version` are not in it; they are for simple pollers.
package struct DeliveryDirectives: Sendable, Equatable {
  /// `_HLS_msn`: a number as playlists print it.
  package var mediaSequenceNumber: UInt64?
  /// `_HLS_part`.
  package var partIndex: UInt64?
  /// `_HLS_skip`; values other than YES and v2 are ignored.
  package var skip: MediaPlaylist.Form = .full
  /// `wait`: the longest wait for a playlist newer than `version`, in milliseconds.
  package var waitMilliseconds: UInt64?
  /// `version`: the version that the client has.
  package var version: UInt64?

  /// No directive.
  package init() {}

  /// An error in the directives.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// The value of this parameter is no decimal number from 0 to 2⁶⁴−1.
    case notANumber(String)
    /// This parameter occurs twice.
    case repeated(String)

    /// One line with the parameter and the expected value.
    package var description: String {
      switch self {
      case .notANumber(let name): "\(name): invalid value (expected a number from 0 to 2^64-1)"
      case .repeated(let name): "\(name): repeated (expected at most once)"
      }
    }
  }

  /// Reads the directives among `items`; other parameters are ignored.
  package init(_ items: [(name: String, value: String)]) throws(Failure) {
    var hasSkip = false
    for (name, value) in items {
      switch name {
      case "_HLS_msn": try Self.set(&mediaSequenceNumber, value, name)
      case "_HLS_part": try Self.set(&partIndex, value, name)
      case "wait": try Self.set(&waitMilliseconds, value, name)
      case "version": try Self.set(&version, value, name)
      case "_HLS_skip":
        guard !hasSkip else { throw .repeated(name) }
        hasSkip = true
        skip = value == "YES" ? .delta : value == "v2" ? .deltaWithDateRanges : .full
      default: break
      }
    }
  }

  private static func set(
    _ target: inout UInt64?, _ value: String, _ name: String
  ) throws(Failure) {
    guard target == nil else { throw .repeated(name) }
    target = try number(value, name)
  }

  private static func number(_ value: String, _ name: String) throws(Failure) -> UInt64 {
    guard !value.isEmpty, value.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = UInt64(value)
    else { throw .notANumber(name) }
    return number
  }
}
