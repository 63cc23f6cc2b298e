// SPDX-License-Identifier: Apache-2.0

package import CMAF

/// Why the bytes of a publisher are not a CMAF track that can be packaged.
package enum TrackError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The boxes of a header or of a fragment are malformed, or state impossible values.
  case boxes(BoxError)
  /// A box precedes the one that it needs.
  case misplaced(String)
  /// Samples of this type are not accepted.
  case codec(String)
  /// A sample is empty, or larger than permitted.
  case sampleSize(Int)
  /// A later header has another codec.
  case codecChange

  package var description: String {
    switch self {
    case .boxes(let error): "\(error)"
    case .misplaced(let box): "\(box) is before the box that it needs"
    case .codec(let name):
      "\(name) is not accepted (expected H.264, HEVC, AV1, VP9, AAC, MP3, Opus, AC-3, E-AC-3, FLAC "
        + "or WebVTT)"
    case .sampleSize(let size):
      "a sample has \(size) bytes (expected 1–\(TrackSample.largest))"
    case .codecChange: "the codec of the track has changed"
    }
  }
}
