// SPDX-License-Identifier: Apache-2.0

extension KeyReader {
  /// Takes out the address and the label of the stream that a file without `streams` describes:
  /// `"stream": "yard", "name": "Back yard"`.
  ///
  /// In files of versions before 0.3 `name` alone was the address. It stays the address, with a
  /// warning that names the key `stream`.
  ///
  /// - Returns: the label; nil if there is none.
  mutating func takeNames() -> String? {
    let label = collect { reader throws(UsageError) in
      try reader.takeText("name", expected: "a text")
    }
    guard let text = label ?? nil else {
      take("stream", as: "name")
      return nil
    }
    guard peek("stream") == nil, let address = Option.named("name") else {
      take("stream", as: "name")
      return text
    }
    guard address.change(text) != nil else {
      refuse(
        UsageError(
          .location(location.key("name")), .problem("\"\(text)\" is a label and no address"),
          expected: "\"stream\" beside it, the address: \(address.expected)"))
      return nil
    }
    add(.string(text), "name", at: location.key("name"))
    warning(
      "name",
      "is the label for people; without \"stream\" it is the address /\(text)/, too: write "
        + "\"stream\": \"\(text)\" for the address")
    return text
  }
}
