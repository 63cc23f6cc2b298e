// SPDX-License-Identifier: Apache-2.0

internal import Media

/// The codec of a video payload with start codes by its parameter sets: pure.
package enum VideoSignature {
  /// The bytes of an access unit in which its parameter sets are.
  private static let prefix = 4096

  /// libavcodec's name of the codec whose parameter sets are in a payload, if that is not `known`:
  /// H.264 or HEVC.
  ///
  /// - Source: ITU-T H.264 table 7-1; ITU-T H.265 table 7-1, §7.3.1.2
  package static func other(than known: String, in bytes: [UInt8]) -> String? {
    guard known == "h264" || known == "hevc" else { return nil }
    let start = Array(bytes.prefix(prefix))
    guard NALUnits.startsWithCode(start.span) else { return nil }
    let heads = NALUnits.ranges(in: start.span, .annexB).map { range in
      // bounded: units are within the bytes, and not empty
      (start[range.lowerBound], range.count > 1 ? start[range.lowerBound + 1] : 0)
    }
    if known == "h264" {
      // VPS, SPS and PPS of the base layer.
      let types = heads.compactMap { $0.1 == 1 && $0.0 & 0x81 == 0 ? $0.0 >> 1 : nil }
      return Set([32, 33, 34]).isSubset(of: types) ? "hevc" : nil
    }
    // Units of reference; as HEVC their types would be unspecified, or their layers others.
    let types = heads.compactMap { $0.0 & 0x80 == 0 && $0.0 & 0x60 != 0 ? $0.0 & 0x1F : nil }
    let isHEVC = heads.contains { $0.1 == 1 && [32, 33, 34].contains($0.0 >> 1) }
    return !isHEVC && types.contains(NALUnits.sps) && types.contains(NALUnits.pps) ? "h264" : nil
  }
}
