// SPDX-License-Identifier: Apache-2.0

/// Digits with leading zeros, of at least `count` characters.
package func padded(_ digits: String, to count: Int) -> String {
  String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
}
