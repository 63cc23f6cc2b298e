// SPDX-License-Identifier: Apache-2.0

/// A member of a JSON object that is a text or a number.
enum TextOrNumber: Decodable {
  case text(String), number(Double)

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try value.decode(String.self))
    }
  }

  /// The text, or the number as text.
  var string: String {
    switch self {
    case .text(let text): text
    case .number(let number): "\(number)"
    }
  }
}
