// SPDX-License-Identifier: Apache-2.0

import Checked

/// Decimal text of fixed-point numbers, computed in integers.
package enum Decimal {
  /// `value` units of 10^-`digits`, as in `string(100_100, digits: 6)` = `0.100100`.
  package static func string(_ value: Int64, digits: Int) -> String {
    guard digits > 0 else { return "\(value)" }
    var scale: UInt64 = 1
    for _ in 0..<digits { scale *= 10 }  // bounded: callers ask for at most nine digits
    // bounded: a power of ten
    let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: scale)
    return "\(value < 0 ? "-" : "")\(whole).\(padded("\(rest)", to: digits))"
  }

  /// ``string(_:digits:)`` without trailing zeros; a whole number has no decimal point.
  package static func shortString(_ value: Int64, digits: Int) -> String {
    var (value, digits) = (value, digits)
    while digits > 0, value.isMultiple(of: 10) {
      value /= 10
      digits -= 1
    }
    return string(value, digits: digits)
  }

  /// Parses a whole number of ASCII digits without a sign; nil for other text.
  package static func whole(_ text: some StringProtocol) -> Int64? {
    text.allSatisfy(\.isASCIIDigit) ? Int64(text) : nil
  }

  /// Parses a decimal number such as `1`, `0.5` or `1.001` in units of 10^-`digits`; nil for other
  /// text.
  package static func parse(_ text: some StringProtocol, digits: Int) -> Int64? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, !first.isEmpty, first.allSatisfy(\.isASCIIDigit),
      first.count <= 9
    else {
      return nil
    }
    let fraction = parts.count == 2 ? String(parts[1]) : ""
    guard parts.count == 1 || !fraction.isEmpty, fraction.allSatisfy(\.isASCIIDigit),
      fraction.count <= digits
    else { return nil }
    return Int64(String(first) + fraction + String(repeating: "0", count: digits - fraction.count))
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
