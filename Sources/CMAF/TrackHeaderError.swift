// SPDX-License-Identifier: Apache-2.0

/// Why bytes are no CMAF header that chunks may follow; `description` says what is wrong.
package enum TrackHeaderError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A box or a part of it goes beyond what it lies in.
  case truncated(String, needed: Int, have: Int)
  /// A box larger than any header.
  case tooLarge(String)
  /// A box that must be there is not.
  case missing(String)
  /// A box of which there may be one is there several times.
  case several(String)
  /// A box that must not be there.
  case unexpected(String)
  /// A field whose value does not fit what follows.
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
