// SPDX-License-Identifier: Apache-2.0

import Checked
package import Media

/// The languages of the audio tracks of a publisher by RTMP, by the numbers of the tracks.
///
/// - Source: Enhanced RTMP v2, onMetaData, audioTrackIdInfoMap
package struct FLVAudioLanguages: Sendable, Equatable {
  private static let numbers = 0...255

  private var languages: [Int: Language] = [:]

  /// No languages.
  package init() {}

  /// Whether no track has a language.
  package var isEmpty: Bool { languages.isEmpty }

  /// The language of a track; undetermined if none is declared.
  package subscript(_ track: Int) -> Language { languages[track] ?? .undetermined }

  /// The languages in the content of onMetaData.
  init(_ metadata: AMF0Value) {
    guard case .object(let tracks)? = metadata["audioTrackIdInfoMap"] else { return }
    for (key, track) in tracks {
      guard let number = Int(key), Self.numbers.contains(number),
        let text = (track["language"] ?? track["lang"])?.text
      else { continue }
      languages[number] = Language(text)
    }
  }

  /// The languages as part of a tag.
  var bytes: [UInt8] {
    languages.sorted { $0.key < $1.key }.flatMap { number, language in
      [UInt8(clamping: number)] + UInt32(language.packed).bigEndianBytes(2)
    }
  }

  /// Reads the languages in the rest of a tag.
  init(_ cursor: inout ByteCursor) {
    while let number = cursor.integer(1), let packed = cursor.integer(2) {
      languages[number] = Language(packed: UInt16(clamping: packed))
    }
  }
}
