// SPDX-License-Identifier: Apache-2.0

package import System

/// The hash of a viewer password: `scrypt:LN:R:P:SALT:HASH`, of which no one can read the password.
///
/// LN, R and P are the costs of scrypt, SALT and HASH bytes in base64url without padding. The text
/// has no character that a shell, JSON or YAML reads in another way.
/// - Source: RFC 7914 §2
package struct PasswordHash: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  /// The beginning of each hash.
  package static let prefix = "scrypt:"
  /// The most bytes of a password.
  package static let longestPassword = 256

  private static let saltLength = 16
  private static let length = 32

  private let cost: Scrypt.Cost
  private let salt: [UInt8]
  private let derived: [UInt8]

  /// Reads a hash; nil for any other text, and for costs above 64 MB.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "scrypt", let logarithm = Self.number(parts[1]),
      let block = Self.number(parts[2]), let lanes = Self.number(parts[3]),
      let cost = Scrypt.Cost(logarithm: logarithm, block: block, lanes: lanes),
      let salt = Base64.decode(parts[4], .url), (8...64).contains(salt.count),
      let derived = Base64.decode(parts[5], .url), (Self.length...64).contains(derived.count)
    else { return nil }
    (self.cost, self.salt, self.derived) = (cost, salt, derived)
  }

  /// The hash of a password with a random salt; blocks for the time of scrypt.
  ///
  /// Nil for an empty password, for one with more than ``longestPassword`` bytes, and without
  /// memory.
  package init?(of password: String, _ cost: Scrypt.Cost = .usual) {
    let salt = Digest.random(Self.saltLength)
    guard Self.isPassword(password), salt.count == Self.saltLength,
      let derived = Scrypt.derive(Self.length, from: Array(password.utf8), salt: salt, cost)
    else { return nil }
    (self.cost, self.salt, self.derived) = (cost, salt, derived)
  }

  /// Whether a text can be a password: 1 to ``longestPassword`` bytes of UTF-8 without NUL.
  package static func isPassword(_ text: String) -> Bool {
    (1...longestPassword).contains(text.utf8.count) && !text.utf8.contains(0)
  }

  /// Whether a password has this hash; blocks for the time of scrypt.
  ///
  /// - Returns: nil without memory.
  package func matches(_ password: String) -> Bool? {
    Scrypt.derive(derived.count, from: Array(password.utf8), salt: salt, cost).map {
      Digest.isSame($0, derived)
    }
  }

  /// The hash as a text.
  package var text: String {
    "\(Self.prefix)\(cost.logarithm):\(cost.block):\(cost.lanes):"
      + "\(Base64.encode(salt, .url)):\(Base64.encode(derived, .url))"
  }

  /// Nothing of the hash, which permits guesses.
  package var description: String { "scrypt" }

  /// Nothing of the hash: `dump` and failures of tests print the parts of a value.
  package var customMirror: Mirror { Mirror(self, children: []) }

  private static func number(_ text: some StringProtocol) -> Int? {
    guard let number = Int(text), "\(number)" == text else { return nil }
    return number
  }
}
