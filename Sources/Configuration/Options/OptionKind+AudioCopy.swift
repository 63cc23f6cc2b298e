// SPDX-License-Identifier: Apache-2.0

import Streams

/// The values of `--audio-copy`: codecs such as `opus,ac3`, or none.
extension OptionKind where Value == [AlternativeAudioCodec] {
  static let audioCopy = list(
    "CODECS",
    expected: "none, or different ones of "
      + AlternativeAudioCodec.allCases.map(\.rawValue).joined(separator: ",") + " with commas",
    key: \.self, item: { AlternativeAudioCodec(rawValue: String($0)) }, text: \.rawValue)
}
