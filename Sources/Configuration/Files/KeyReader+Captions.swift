// SPDX-License-Identifier: Apache-2.0

extension KeyReader {
  /// Takes out `"captions": ["en*", "de"]`; a text stays: it is the value of `--captions`.
  mutating func takeCaptions() throws(UsageError) {
    guard case .array(let values)? = peek("captions") else { return }
    _ = take("captions")
    var tags: [String] = []
    for (index, value) in values.enumerated() {
      let place = location.key("captions").element(index)
      guard case .string(let tag) = value, !tag.contains(",") else {
        throw UsageError(
          .location(place), .value(value.summary), expected: "a language tag such as en or pt-BR")
      }
      tags.append(tag)
    }
    guard !tags.isEmpty else { return }
    try add(.string(tags.joined(separator: ",")), "captions", at: location.key("captions"))
  }
}
