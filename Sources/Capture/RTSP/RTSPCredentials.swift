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
    user = percentDecodedBytes(Array((parts.first ?? "").utf8)[...])
    password = parts.count > 1 ? percentDecodedBytes(Array(parts[1].utf8)[...]) : []
  }
}
