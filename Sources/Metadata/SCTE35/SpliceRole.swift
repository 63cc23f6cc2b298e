// SPDX-License-Identifier: Apache-2.0

/// The attribute of EXT-X-DATERANGE that has a message of SCTE-35.
///
/// - Source: RFC 8216bis §4.4.5.1.1
package enum SpliceRole: String, Sendable {
  /// The stream leaves the network: SCTE35-OUT.
  case out
  /// The stream returns to the network: SCTE35-IN.
  case `in`
  /// Any other message: SCTE35-CMD.
  case command
}
