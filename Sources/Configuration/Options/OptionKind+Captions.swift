// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// The values of `--captions`: languages such as `en*,de,pt-BR`, or none.
extension OptionKind where Value == [CaptionTrack] {
  static let captions = OptionKind(
    placeholder: "LANGUAGES",
    expected: "1–\(CaptionTrack.maximum) different language tags such as en*,de,pt-BR, at most one "
      + "with *; or none",
    parse: { text in
      if text == none { return [] }
      let items = text.split(separator: ",", omittingEmptySubsequences: false)
      let tracks = items.compactMap { item in
        let isDefault = item.hasSuffix("*")
        return LanguageTag(isDefault ? item.dropLast() : item).map {
          CaptionTrack($0, isDefault: isDefault)
        }
      }
      guard tracks.count == items.count, tracks.count <= CaptionTrack.maximum,
        Set(tracks.map(\.language)).count == tracks.count,
        tracks.count(where: \.isDefault) <= 1
      else { return nil }
      return tracks
    },
    print: { tracks in
      tracks.isEmpty
        ? none : tracks.map { $0.language.text + ($0.isDefault ? "*" : "") }.joined(separator: ",")
    })

  private static let none = "none"
}
