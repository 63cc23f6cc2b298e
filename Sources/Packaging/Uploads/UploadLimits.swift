// SPDX-License-Identifier: Apache-2.0

package import Time

/// The limits of the window of an uploaded stream.
package struct UploadLimits: Sendable, Equatable {
  /// The maximum number of bytes in memory, with the charges of files and chunks.
  package let bytes: Int
  /// The time for which a media file is kept after its upload.
  package let span: Interval

  /// The default limits.
  package static let standard = UploadLimits(megabytes: 32, span: .seconds(120))
  /// Bytes charged per file besides its content; at least its real overhead.
  package static let fileCharge = 1024
  /// Bytes charged per chunk besides its content; at least its real overhead.
  package static let chunkCharge = 96

  /// Limits in units of 1,000,000 bytes.
  package init(megabytes: Int, span: Interval) {
    bytes = min(max(megabytes, 1), 1_000_000) * 1_000_000
    self.span = span
  }
}
