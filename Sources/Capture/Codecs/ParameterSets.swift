// SPDX-License-Identifier: Apache-2.0

internal import Checked
package import Media

/// SPS and PPS of a stream, each without length or start code.
package struct ParameterSets: Sendable, Hashable {
  package var sps: [[UInt8]] = []
  package var pps: [[UInt8]] = []

  /// The parameter sets in `bytes`; nil if SPS or PPS is missing.
  package init?(_ bytes: Span<UInt8>, _ framing: NALFraming) {
    for range in NALUnits.ranges(in: bytes, framing) {
      var unit: [UInt8] = []
      unit.reserveCapacity(range.count)
      for place in range { unit.append(bytes[place]) }
      guard NALUnits.isWellFormed(unit) else { continue }
      switch NALUnits.type(bytes[range.lowerBound]) {
      case NALUnits.sps where unit.count >= 4: sps.append(unit)
      case NALUnits.pps: pps.append(unit)
      default: break
      }
    }
    guard !sps.isEmpty, !pps.isEmpty else { return nil }
  }

  /// All parameter sets with four-byte start codes, as libavformat requires.
  package var annexB: [UInt8] { (sps + pps).flatMap { [0, 0, 0, 1] + $0 } }

  /// All parameter sets as units of a sample, each after its length in four bytes.
  package var units: [UInt8] { NALUnits.lengthPrefixed(sps + pps) }

  /// `avc1.` and profile, constraint flags and level in hexadecimal, from the first SPS.
  /// - Source: RFC 6381 §3.3
  package var codecString: String { "avc1." + hexadecimal(sps[0][1...3]) }
}
