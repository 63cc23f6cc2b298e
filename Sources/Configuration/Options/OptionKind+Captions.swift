// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// The values of `--captions`: languages such as `en*,de,pt-BR`, or none.
extension OptionKind where Value == [CaptionTrack] {
  static let captions = list(
    "LANGUAGES",
    expected: "1–\(CaptionTrack.maximum) different language tags such as en*,de,pt-BR, at most one "
      + "with *; or none",
    limit: CaptionTrack.maximum, key: \.language, isDefault: \.isDefault,
    item: { item in
      let isDefault = item.hasSuffix("*")
      return LanguageTag(isDefault ? item.dropLast() : item).map {
        CaptionTrack($0, isDefault: isDefault)
      }
    },
    text: { $0.language.text + ($0.isDefault ? "*" : "") })
}

/// The values of `--closed-captions`: services with languages such as `CC1=en*,CC3=de`, or none.
extension OptionKind where Value == [ClosedCaptionTrack] {
  static let closedCaptions = list(
    "CC1=LANGUAGE,…",
    expected: "different services, CC1–CC4 or SERVICE1–SERVICE63, each with a language tag, such "
      + "as CC1=en*,CC3=de, at most one with *; or none",
    key: \.service, isDefault: \.isDefault, item: track, text: text)

  private static func track(_ item: Substring) -> ClosedCaptionTrack? {
    let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let service = CaptionService(parts[0]) else { return nil }
    let isDefault = parts[1].hasSuffix("*")
    guard let language = LanguageTag(isDefault ? parts[1].dropLast() : parts[1]) else {
      return nil
    }
    return ClosedCaptionTrack(service, language: language, isDefault: isDefault)
  }

  private static func text(_ track: ClosedCaptionTrack) -> String {
    track.service.name + "=" + (track.language?.text ?? "und") + (track.isDefault ? "*" : "")
  }
}
