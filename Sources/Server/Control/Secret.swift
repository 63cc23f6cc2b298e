// SPDX-License-Identifier: Apache-2.0

/// Comparing what a client gives with what it must know.
enum Secret {
  /// Whether both are the same; takes as long whatever `given` has right.
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
