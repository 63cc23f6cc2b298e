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

  /// This description, with the code points of another one for those that it leaves open.
  ///
  /// The range of the sample values is the other one's only if it states no code point.
  package func completed(by other: ColourDescription?) -> ColourDescription {
    guard let other else { return self }
    return ColourDescription(
      // 2 is unspecified, and 0 of these two reserved.
      primaries: [0, 2].contains(primaries) ? other.primaries : primaries,
      transfer: [0, 2].contains(transfer) ? other.transfer : transfer,
      matrix: matrix == 2 ? other.matrix : matrix,
      isFullRange: isFullRange || !statesCodePoint && other.isFullRange)
  }

  /// Whether a code point is not 2, unspecified.
  package var statesCodePoint: Bool { [primaries, transfer, matrix].contains { $0 != 2 } }

  /// The size of a record in bytes.
  package static let recordSize = 4

  /// The three code points, and 1 for the full range.
  package var record: [UInt8] { [primaries, transfer, matrix, isFullRange ? 1 : 0] }

  /// Reads a ``record``; nil if `bytes` are none.
  package init?(record bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == Self.recordSize, bytes[3] <= 1 else { return nil }
    self.init(
      primaries: bytes[0], transfer: bytes[1], matrix: bytes[2], isFullRange: bytes[3] == 1)
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
