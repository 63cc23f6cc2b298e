// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The user name and the password of an address, in bytes as the server compares them.
package struct RTSPCredentials: Sendable, Equatable {
  package let user: [UInt8]
  package let password: [UInt8]

  /// The user info of a URL: percent-escapes are decoded; a broken escape is unchanged, and so are
  /// further colons in the password.
  package init(userInfo: some StringProtocol) {
    let parts = userInfo.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    user = Self.decoded(parts.first ?? "")
    password = parts.count > 1 ? Self.decoded(parts[1]) : []
  }

  private static func decoded(_ text: some StringProtocol) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let digits = hexadecimalPair(rest) {
        bytes.append(digits)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }

  private static func hexadecimalPair(_ bytes: ArraySlice<UInt8>) -> UInt8? {
    let pair = bytes.prefix(2).compactMap { hexadecimalValue($0) }
    guard bytes.count >= 2, pair.count == 2, let low = pair.last else { return nil }
    return pair[0] << 4 | low
  }
}
