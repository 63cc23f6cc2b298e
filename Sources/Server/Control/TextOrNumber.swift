// SPDX-License-Identifier: Apache-2.0

import Checked

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

  /// Refuses the body of a request that is not JSON.
  ///
  /// The decoder accepts more than JSON, and needs a long time for deep levels.
  /// - Parameters:
  ///   - body: the body.
  ///   - form: the expected form, for the client.
  /// - Throws: a refusal with the line and column of the fault.
  static func checkSyntax(of body: [UInt8], _ form: String) throws(RequestRefusal) {
    do throws(JSONFault) {
      try JSONSyntax.check(body, .document(allowsComments: false))
    } catch {
      throw .init("the body is not JSON: line \(error.line), column \(error.column) (\(form))")
    }
  }
}
