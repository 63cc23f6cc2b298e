// SPDX-License-Identifier: Apache-2.0

/// Names of parameters, fields and flags whose value is a secret.
///
/// Names are compared without `-` and `_`, in any case.
enum SecretName {
  /// The kinds of names.
  enum Kind: Sendable, Equatable {
    /// The value is secret after `=` and after `:`.
    case always
    /// A common word: the value is secret only as `name=value`.
    case parameter
    /// A header field, whose value is the rest of the line.
    case field
  }

  /// The kind of a name; nil if its value is no secret.
  static func kind(of name: ArraySlice<UInt8>) -> Kind? {
    guard name.count >= shortest else { return nil }
    // The longest suffix that matters; names of texts may be as long as the text.
    var letters = InlineArray<24, UInt8>(repeating: 0)
    var count = 0
    for byte in name.reversed() where byte != UInt8(ascii: "-") && byte != UInt8(ascii: "_") {
      guard count < letters.count else {
        count += 1
        break
      }
      letters[letters.count - 1 - count] = lowercase(byte)
      count += 1
    }
    for entry in names where entry.isEnding ? count >= entry.count : count == entry.count {
      if ends(letters, with: entry.letters) { return entry.kind }
    }
    return nil
  }

  private struct Entry: Sendable {
    let letters: [UInt8]
    let count: Int
    let kind: Kind
    /// Whether a longer name that ends with it is secret too, such as `admin_password`.
    let isEnding: Bool

    init(_ text: String, _ kind: Kind, isEnding: Bool = false) {
      letters = Array(text.utf8)
      count = letters.count
      self.kind = kind
      self.isEnding = isEnding
    }
  }

  /// Fields come first, since some end like other names.
  ///
  /// No name has more than 24 letters.
  private static let names: [Entry] =
    [
      "authorization", "proxyauthorization", "cookie", "setcookie", "xapikey", "xauthtoken",
    ].map { Entry($0, .field) }
    + ["password", "passwd", "passphrase", "token", "secret", "apikey"].map {
      Entry($0, .always, isEnding: true)
    }
    + ["publishkey", "playbackkey", "streamkey", "streamid", "jwt", "signature"].map {
      Entry($0, .always)
    }
    + ["key", "sig", "auth", "pass", "pwd"].map { Entry($0, .parameter) }

  /// The number of letters of the shortest name.
  private static let shortest = 3

  private static func ends(_ letters: InlineArray<24, UInt8>, with ending: [UInt8]) -> Bool {
    for (offset, letter) in ending.reversed().enumerated()
    where letters[letters.count - 1 - offset] != letter {
      return false
    }
    return true
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
