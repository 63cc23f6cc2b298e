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

  /// The language of a track; undetermined if none is declared.
  package subscript(_ track: Int) -> Language { languages[track] ?? .undetermined }

  /// Reads a data message; nil if it declares no language of a track.
  ///
  /// - Parameters:
  ///   - message: its content.
  ///   - isAMF3: whether the message has the type of AMF 3.
  package init?(message: [UInt8], isAMF3: Bool) {
    var reader = AMF0Reader(message, from: isAMF3 && message.first == 0 ? 1 : 0)
    guard let values = try? reader.rest(),
      values.prefix(2).contains(where: { $0.text == "onMetaData" }),
      case .object(let tracks)? = values.last?["audioTrackIdInfoMap"]
    else { return nil }
    for (key, track) in tracks {
      guard let number = Int(key), Self.numbers.contains(number),
        let text = (track["language"] ?? track["lang"])?.text
      else { continue }
      languages[number] = Language(text)
    }
    guard !languages.isEmpty else { return nil }
  }

  /// The languages as a tag of the stream from publishers to their source.
  package var tag: MediaTag {
    let bytes = languages.sorted { $0.key < $1.key }.flatMap { number, language in
      [UInt8(clamping: number)] + UInt32(language.packed).bigEndianBytes(2)
    }
    return MediaTag(kind: .audioLanguages, timestamp: 0, payload: bytes)
  }

  /// Reads a tag; nil if it is another one.
  package init?(_ tag: MediaTag) {
    guard tag.kind == .audioLanguages else { return nil }
    var cursor = ByteCursor(tag.payload)
    while let number = cursor.integer(1), let packed = cursor.integer(2) {
      languages[number] = Language(packed: UInt16(clamping: packed))
    }
  }
}
