// SPDX-License-Identifier: Apache-2.0

import Checked

/// Strings in JSON syntax.
package enum JSONText {
  /// `text` in quotation marks, escaped as required.
  /// - Source: RFC 8259 §7
  package static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.value < 0x20: out += "\\u" + hexadecimal(scalar.value, digits: 4)
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
