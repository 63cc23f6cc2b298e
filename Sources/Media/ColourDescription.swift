// SPDX-License-Identifier: Apache-2.0

/// The meaning of the sample values of video, by the code points of ISO/IEC 23091-2.
package struct ColourDescription: Sendable, Hashable, Codable {
  /// ColourPrimaries, such as 1 (BT.709) or 9 (BT.2020).
  package let primaries: UInt8
  /// TransferCharacteristics, such as 1 (BT.709), 16 (PQ) or 18 (HLG).
  package let transfer: UInt8
  /// MatrixCoefficients, such as 1 (BT.709) or 9 (BT.2020).
  package let matrix: UInt8
  /// Whether the sample values have the full range.
  package let isFullRange: Bool

  /// The values of unstated code points: 2, limited range.
  package static let unspecified = ColourDescription(
    primaries: 2, transfer: 2, matrix: 2, isFullRange: false)

  /// A description.
  package init(primaries: UInt8, transfer: UInt8, matrix: UInt8, isFullRange: Bool) {
    self.primaries = primaries
    self.transfer = transfer
    self.matrix = matrix
    self.isFullRange = isFullRange
  }

  /// The dynamic range that the transfer characteristics state.
  package var range: VideoRange {
    switch transfer {
    case 16: .pq
    case 18: .hlg
    default: .sdr
    }
  }
}

/// VIDEO-RANGE: the dynamic range of video.
///
/// - Source: RFC 8216bis §4.4.6.2
package enum VideoRange: String, Sendable {
  /// Standard dynamic range.
  case sdr = "SDR"
  /// Hybrid log-gamma.
  case hlg = "HLG"
  /// The perceptual quantiser of SMPTE ST 2084.
  case pq = "PQ"
}
