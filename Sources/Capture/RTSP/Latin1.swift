// SPDX-License-Identifier: Apache-2.0

/// Bytes as text with one character for each, so that names and realms of any encoding keep their
/// bytes.
enum Latin1 {
  /// The characters U+0000 to U+00FF with the values of the bytes.
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(Unicode.Scalar(byte)) }
    return String(text)
  }

  /// The bytes of such a text.
  static func bytes(_ text: some StringProtocol) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
  }
}
