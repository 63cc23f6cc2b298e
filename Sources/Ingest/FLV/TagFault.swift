// SPDX-License-Identifier: Apache-2.0

/// Why a tag of FLV is malformed.
package enum TagFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// A field, or the size of a track, extends beyond the tag.
  case truncated
  /// A tag of several tracks has none.
  case noTrack
  /// Tracks are within a track.
  case nested
  /// The kind of several tracks is unknown.
  case kind(Int)
  /// There are too many blocks of ModEx.
  case modifiers

  package var description: String {
    switch self {
    case .truncated: "a field is longer than the tag"
    case .noTrack: "a multitrack tag has no track"
    case .nested: "a multitrack tag is within another one"
    case .kind(let kind): "the multitrack type \(kind) is unknown (expected 0–2)"
    case .modifiers: "there are too many ModEx blocks"
    }
  }
}
