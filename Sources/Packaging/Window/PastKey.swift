// SPDX-License-Identifier: Apache-2.0

internal import CMAF
package import Encryption
package import Sharing

/// The key of the media of a past segment.
///
/// An archive may have media of before the stream was encrypted, of another key, or of before it
/// was no longer encrypted: the CMAF header says it.
package enum PastKey: Sendable, Equatable {
  /// That which the stream has for the number of the segment; none if the stream is clear.
  case present
  /// None: the media is clear.
  case clear
  /// The key with this KID, which the stream no longer has.
  case earlier([UInt8])

  /// The key of media with a CMAF header; that of the stream if the header is not known or
  /// malformed.
  package init(header: SharedBytes?, _ keys: StreamKeys?) {
    guard let header, let movie = try? MovieHeader(header: header.array) else {
      self = .present
      return
    }
    switch movie.entry.protection {
    case nil: self = .clear
    case keys?.header.identifier: self = .present
    case .some(let identifier): self = .earlier(identifier)
    }
  }
}
