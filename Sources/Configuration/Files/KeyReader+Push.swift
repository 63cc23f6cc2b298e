// SPDX-License-Identifier: Apache-2.0

import Push

extension KeyReader {
  /// Takes out the objects in `"push": ["rtmp://…", {"to": "srt://…", "renditions": ["720p"]}, …]`.
  ///
  /// Each becomes the text of the option.
  mutating func takePushes() throws(UsageError) {
    guard case .array(let values)? = peek("push") else { return }
    _ = take("push")
    for (index, value) in values.enumerated() {
      let place = location.key("push").element(index)
      guard case .object = value else {
        add(value, "push", at: place)
        continue
      }
      var keys = try inner(value, "push[\(index)]")
      let text = try keys.takePush()
      finish(keys)
      add(.string(text), "push", at: place)
    }
  }

  private mutating func takePush() throws(UsageError) -> String {
    guard let address = try takeText("to", expected: "the URL of a receiver") else {
      throw UsageError(
        .location(location.key("to")), .missingValue, expected: "the URL of a receiver")
    }
    var words = [address]
    if let value = take("renditions") {
      let names: [String?]
      if case .array(let values) = value {
        names = values.map { if case .string(let name) = $0 { name } else { nil } }
      } else {
        names = [value.text]
      }
      let texts = names.compactMap(\.self).filter { !$0.isEmpty && !$0.contains(" ") }
      guard texts.count == names.count, !texts.isEmpty else {
        throw UsageError(
          .location(location.key("renditions")), .value(value.summary),
          expected: "a list of names, or \"all\"")
      }
      words.append("renditions=\(texts.joined(separator: ","))")
    }
    let expected: OptionText = "the name of an audio rendition, or none"
    if let name = try takeText("audio", expected: expected) {
      guard !name.contains(" ") else {
        throw UsageError(.location(location.key("audio")), .value(name), expected: expected)
      }
      words.append("audio=\(name)")
    }
    let stopped = try takeText("stopped", expected: "true or false")
    guard [nil, "true", "false"].contains(stopped) else {
      throw UsageError(
        .location(location.key("stopped")), .value(stopped ?? ""), expected: "true or false")
    }
    if stopped == "true" { words.append("stopped") }
    return words.joined(separator: " ")
  }
}
