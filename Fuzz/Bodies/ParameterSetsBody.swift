// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Media

extension FuzzBody {
  /// Coded bytes: NAL units are within them in order, and parameter sets survive another
  /// serialisation.
  ///
  /// OBUs of AV1 survive another selection.
  static let parameterSets = FuzzBody(
    name: "parameter-sets",
    sources: [
      "Media/NALUnits.swift", "Capture/Codecs/AV1Configuration.swift",
      "Capture/Codecs/AV1TemporalUnit.swift",
    ]
  ) { bytes in
    let unit = AV1TemporalUnit(bytes.span)
    guard unit.bytes.count <= bytes.count, AV1TemporalUnit(unit.bytes.span).bytes == unit.bytes
    else { return "OBUs are read differently: \(unit.bytes)" }
    if let record = AV1Configuration(bytes) {
      let codecs = SampleEntry.codecs(av1: record.bytes)
      guard codecs.utf8.count == 13 else { return "codec \(codecs)" }
    }
    let guessed = NALUnits.framing(ofParameterSets: bytes.span)
    for framing in [NALFraming.lengthPrefixed, .annexB, guessed] {
      var end = 0
      for range in NALUnits.ranges(in: bytes.span, framing) {
        guard !range.isEmpty, range.lowerBound >= end, range.upperBound <= bytes.count else {
          return "\(framing): unit \(range) after \(end) of \(bytes.count) bytes"
        }
        end = range.upperBound
        let type = NALUnits.type(bytes[range.lowerBound])
        guard NALCodec.h264.kind(bytes[range.lowerBound]).isSlice == (1...5).contains(type) else {
          return "whether type \(type) is a slice"
        }
      }
      guard let sets = ParameterSets(bytes.span, framing) else { continue }
      guard sets.codecString.utf8.count == 11 else { return "codec \(sets.codecString)" }
      let written = sets.annexB
      guard let again = ParameterSets(written.span, .annexB) else { return "written, but not read" }
      if again != sets { return "written \(sets), read \(again)" }
    }
    return nil
  }
}
