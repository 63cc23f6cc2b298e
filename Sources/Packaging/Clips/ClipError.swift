// SPDX-License-Identifier: Apache-2.0

package import CMAF

/// Why segments cannot become a clip.
package enum ClipError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The span has no frame that can be decoded.
  case empty
  /// A CMAF header or a segment is malformed.
  case boxes(BoxError)
  /// The decode times of the segments do not rise.
  case times
  /// A frame or a segment has a number of more than 32 bits.
  case tooLarge

  package var description: String {
    switch self {
    case .empty: "there is no frame in this span"
    case .boxes(let error): "a segment cannot be read: \(error)"
    case .times: "the times of the segments do not rise"
    case .tooLarge: "a segment is too large for a clip"
    }
  }
}
