// SPDX-License-Identifier: Apache-2.0

import Streams

extension KeyReader {
  private static let expected: OptionText = "a track with \"language\" or \"track\""

  /// Takes out `"audio": [{"language": "de", "name": "Deutsch", "default": true}, …]`.
  ///
  /// Each element is an audio track of the input. A text stays: it is the value of `--audio`.
  mutating func takeAudioTracks() throws(UsageError) {
    guard case .array(let values)? = peek("audio") else { return }
    _ = take("audio")
    var texts: [String] = []
    for (index, value) in values.enumerated() {
      var keys = try inner(value, "audio[\(index)]")
      texts.append(try keys.takeTrack())
      finish(keys)
    }
    add(
      .string(texts.joined(separator: ",")), "audio-tracks", at: location.key("audio"))
  }

  /// The text of a track, as the option reads it.
  private mutating func takeTrack() throws(UsageError) -> String {
    let language = try takeText("language", expected: "a language such as de")
    let position = try takeText("track", expected: "the number of a track, from 1")
    let purpose = try takeText("purpose", expected: "a purpose such as visual-impaired")
    let name = try takeText("name", expected: "a text")
    let isDefault = try takeText("default", expected: "true or false")
    guard language != nil || position != nil else {
      throw UsageError(.location(location.whole), .missingValue, expected: Self.expected)
    }
    var text = [position.map { "#\($0)" }, language].compactMap(\.self).joined(separator: "/")
    if let purpose { text += "+\(purpose)" }
    if let name { text += "=\(name)" }
    if isDefault == "true" { text += "*" }
    let isOne = !text.contains(",") && RequestedAudioTracks.Choice(text: text[...]) != nil
    guard isOne, [nil, "true", "false"].contains(isDefault) else {
      throw UsageError(.location(location.whole), .value(text), expected: Self.expected)
    }
    return text
  }
}
