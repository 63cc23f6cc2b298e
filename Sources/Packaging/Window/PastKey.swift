// SPDX-License-Identifier: Apache-2.0

internal import CMAF
package import Encryption
package import Sharing

/// The key of the media of a past segment.
///
/// An archive may have media of before the stream was encrypted, of other keys or another rotation,
/// or of before it was no longer encrypted.
package enum PastKey: Sendable, Equatable {
  /// That which the stream has for the number of the segment; none if the stream is clear.
  case present
  /// None: the media is clear.
  case clear
  /// The key with this KID, which the stream does not have for the number of the segment.
  case other([UInt8])

  /// The key of a segment whose media has the key `identifier`.
  package init(_ identifier: [UInt8], of segment: Int64, _ keys: StreamKeys?) {
    self = keys?.key(of: segment).identifier == identifier ? .present : .other(identifier)
  }

  /// The key of media with a CMAF header; that of the stream if the header is not known or
  /// malformed.
  ///
  /// The header names the first of several keys only: see ``init(_:of:_:)``.
  package init(header: SharedBytes?, _ keys: StreamKeys?) {
    guard let header, let movie = try? MovieHeader(header: header.array) else {
      self = .present
      return
    }
    switch movie.entry.protection {
    case nil: self = .clear
    case keys?.header.identifier: self = .present
    case .some(let identifier): self = .other(identifier)
    }
  }
}
