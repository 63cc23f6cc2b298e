// SPDX-License-Identifier: Apache-2.0

import System

/// Compares a client's token with the secret.
enum Secret {
  /// Whether both are equal; the time does not depend on the number of matching bytes.
  ///
  /// An empty secret equals nothing.
  static func isSame(_ given: String, _ secret: String) -> Bool {
    !secret.isEmpty && SecretDigest(secret).matches(given)
  }
}
