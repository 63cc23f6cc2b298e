// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not the boxes that are expected.
package enum BoxError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A box, or a field of it, extends past its container.
  case truncated(String, needed: Int, have: Int)
  /// The size of a box is below that of its head, not stated, or larger than any file.
  case size(String, UInt64)
  /// A box that must be kept whole is too large.
  case tooLarge(String, Int, most: Int)
  /// A required box is missing.
  case missing(String)
  /// A box that may occur once occurs several times.
  case several(String)
  /// A box or a field that must not occur.
  case unexpected(String)
  /// The value of a field differs from the expected one.
  case mismatch(String, found: String, expected: String)
  /// The header does not have one track.
  case tracks(Int)
  /// A fragment has more samples than permitted.
  case samples(most: Int)
  /// The bytes of a sample are not within the `mdat` of its fragment, in the order of the samples.
  case sampleRange
  /// A timestamp is out of range.
  case time

  package var description: String {
    switch self {
    case .truncated(let box, let needed, let have):
      "\(box) is cut off: \(needed) bytes are needed, \(have) are there"
    case .size(let box, let size): "\(box) has an impossible size (\(size) bytes)"
    case .tooLarge(let box, let size, let most):
      "\(box) has \(size) bytes (expected at most \(most))"
    case .missing(let box): "there is no \(box)"
    case .several(let box): "there is more than one \(box)"
    case .unexpected(let box): "\(box) must not be there"
    case .mismatch(let field, let found, let expected):
      "\(field) is \(found); expected is \(expected)"
    case .tracks(let count): "the header has \(count) tracks (expected 1)"
    case .samples(let most): "a fragment has more than \(most) samples"
    case .sampleRange: "a sample is not within the mdat of its fragment"
    case .time: "a timestamp is out of range"
    }
  }
}
