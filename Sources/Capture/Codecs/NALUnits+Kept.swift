// SPDX-License-Identifier: Apache-2.0

internal import Media

extension NALUnits {
  /// Whether a sample of an `avc1` track that we encode keeps the non-empty unit: slices, and SEI
  /// with captions.
  ///
  /// Parameter sets are in the CMAF header; players ignore delimiters, other SEI and filler.
  static func isKept(_ unit: Span<UInt8>) -> Bool {
    let type = type(unit[0])
    return isSlice(type)
      || type == sei && CaptionData(unit: unit.array[...], .h264) != nil
  }
}
