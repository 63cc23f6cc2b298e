// SPDX-License-Identifier: Apache-2.0

/// Compares a client's token with the secret.
enum Secret {
  /// Whether both are equal; the time does not depend on the number of matching bytes.
  static func isSame(_ given: some StringProtocol, _ secret: String) -> Bool {
    let (given, secret) = (Array(given.utf8), Array(secret.utf8))
    guard !secret.isEmpty else { return false }
    var difference = given.count ^ secret.count
    for (index, byte) in given.enumerated() {
      difference |= Int(byte ^ secret[index % secret.count])
    }
    return difference == 0
  }
}
