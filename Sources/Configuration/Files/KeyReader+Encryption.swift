// SPDX-License-Identifier: Apache-2.0

extension KeyReader {
  private static let encryptionKeys = [
    ("scheme", "encryption"), ("keys", "encryption-keys"), ("rotate", "encryption-rotate"),
    ("certificate", "encryption-certificate"), ("authority", "encryption-authority"),
  ]

  /// Takes out `"encryption": {"scheme": "cbcs", "keys": "keys.json", "rotate": "10m"}`; a text
  /// stays: it is the value of `--encryption`.
  mutating func takeEncryption() throws(UsageError) {
    guard case .object? = peek("encryption"), let value = take("encryption") else { return }
    var inner = try inner(value, "encryption", folder: location.folder)
    for (key, option) in Self.encryptionKeys {
      guard let value = inner.take(key) else { continue }
      try add(value, option, at: inner.location.key(key))
    }
    finish(inner)
  }
}
