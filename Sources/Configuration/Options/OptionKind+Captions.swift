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
