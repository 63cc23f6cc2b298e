// SPDX-License-Identifier: Apache-2.0

import Streams

/// The values of `--audio-copy`: codecs such as `opus,ac3`, or none.
extension OptionKind where Value == [AlternativeAudioCodec] {
  static let audioCopy = OptionKind(
    placeholder: "CODECS",
    expected: "none, or different ones of "
      + AlternativeAudioCodec.allCases.map(\.rawValue).joined(separator: ",") + " with commas",
    parse: { text in
      if text == none { return [] }
      let items = text.split(separator: ",", omittingEmptySubsequences: false)
      let codecs = items.compactMap { AlternativeAudioCodec(rawValue: String($0)) }
      return codecs.count == items.count && Set(codecs).count == codecs.count ? codecs : nil
    },
    print: { $0.isEmpty ? none : $0.map(\.rawValue).joined(separator: ",") })

  private static let none = "none"
}
