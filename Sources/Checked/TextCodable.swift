// SPDX-License-Identifier: Apache-2.0

/// A value that is coded as a text, which its initialiser checks.
package protocol TextCodable: Codable {
  /// Reads the value; nil if the text is that of none.
  init?(_ text: String)
  /// The text that ``init(_:)`` reads as this value.
  var codedText: String { get }
}

extension TextCodable {
  /// Reads the value.
  ///
  /// - Throws: the decoder's error, without the text, which may be a secret.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = Self(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no \(Self.self)")
    }
    self = value
  }

  /// Writes the text.
  ///
  /// - Throws: the encoder's error.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(codedText)
  }
}
