// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a CMAF header that chunks may follow.
package enum TrackHeaderError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A box, or a field of it, extends past its container.
  case truncated(String, needed: Int, have: Int)
  /// A box is larger than any header.
  case tooLarge(String)
  /// A required box is missing.
  case missing(String)
  /// A box that may occur once occurs several times.
  case several(String)
  /// A box that must not occur.
  case unexpected(String)
  /// The value of a field contradicts the chunks.
  case mismatch(String, found: String, expected: String)

  package var description: String {
    switch self {
    case .truncated(let box, let needed, let have):
      "\(box) is cut off: \(needed) bytes are needed, \(have) are there"
    case .tooLarge(let box): "\(box) is larger than any header"
    case .missing(let box): "there is no \(box)"
    case .several(let box): "there is more than one \(box)"
    case .unexpected(let box): "\(box) must not be there"
    case .mismatch(let field, let found, let expected):
      "\(field) is \(found); expected is \(expected)"
    }
  }
}
