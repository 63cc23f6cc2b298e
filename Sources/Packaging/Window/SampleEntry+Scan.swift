// SPDX-License-Identifier: Apache-2.0

internal import CMAF
internal import Encryption

extension SampleEntry {
  /// Whether the parameter sets of video say that it is interlaced: those of H.264 permit fields,
  /// or the profile of H.265 declares an interlaced source and no progressive one.
  ///
  /// - Source: ITU-T H.264 §7.4.2.1.1 (frame_mbs_only_flag); ITU-T H.265 §7.4.4
  ///   (general_interlaced_source_flag); ISO/IEC 14496-15 §8.3.3.1
  var isInterlaced: Bool {
    switch type {
    case "avc1", "avc3": AVCParameterSets(configuration: setup).permitFields
    // The two highest bits of the constraint flags, after version, profile and compatibility.
    case "hvc1", "hev1": setup.count > 6 && setup[6] >> 6 == 1
    default: false
    }
  }
}
