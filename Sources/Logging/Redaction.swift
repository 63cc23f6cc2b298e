// SPDX-License-Identifier: Apache-2.0

import Checked

/// Removes secrets from text: tokens, keys, passphrases, credentials.
///
/// All log messages pass through it. It prefers to remove too much. Percent-escapes of letters and
/// digits do not hide a secret from it, since servers decode them.
package struct Redaction {
  /// The replacement of a secret.
  static let mark = Array("***".utf8)

  private static let tokenPath = Array("/t/".utf8)
  private static let authority = Array("://".utf8)

  private let text: [UInt8]
  private var out: [UInt8] = []
  private var place = 0
  /// The end of the word at `place`, and the last `@` of that word, if they were looked up.
  ///
  /// Each is looked up once per word: a text of many authorities costs no more than another one.
  private var word: (end: Int, at: Int?) = (0, nil)
  /// The start of the word or entry at `place`, and its last `@`, as looked up so far.
  private var entry: (start: Int, at: Int?, examined: Int) = (0, nil, 0)

  /// `text` without its secrets.
  package static func redact(_ text: String) -> String {
    var redaction = Redaction(text)
    return String(decoding: redaction.run(), as: UTF8.self)
  }

  private init(_ text: String) {
    self.text = Self.unescaped(Array(text.utf8))
    out.reserveCapacity(self.text.count)
  }

  private mutating func run() -> [UInt8] {
    while place < text.count {
      if takesTokenPath() || takesAuthority() || takesNamedSecret() || takesBearer() { continue }
      out.append(text[place])
      place += 1
    }
    return out
  }

  /// `/t/<token>/…` at the start of a path: the segment after `/t/`.
  private mutating func takesTokenPath() -> Bool {
    guard text[place] == UInt8(ascii: "/"), text[place...].starts(with: Self.tokenPath),
      startsPath()
    else { return false }
    copy(3)
    hide(until: { "/?#".utf8.contains($0) || Self.endsWord($0) })
    return true
  }

  /// Whether the slash at `place` is the first of its path, which may follow an authority.
  private mutating func startsPath() -> Bool {
    let slash = UInt8(ascii: "/")
    for index in entry.examined..<place {
      if Self.endsWord(text[index]) || ",;|()[]{}=".utf8.contains(text[index]) {
        entry = (index + 1, nil, 0)
      } else if text[index] == UInt8(ascii: "@") {
        entry.at = index
      }
    }
    entry.examined = place
    // A password may contain a slash.
    let before = text[(entry.at.map { $0 + 1 } ?? entry.start)..<place]
    guard let last = before.lastIndex(of: slash) else { return true }
    return before[...last].suffix(3).elementsEqual("://".utf8)
  }

  /// The credentials before the host of a URL, and the stream key of an RTMP URL.
  ///
  /// In `rtsp://user:password@host` everything before the last `@`, also if the password contains a
  /// slash; in `rtmp://host/app/key` everything after the app.
  private mutating func takesAuthority() -> Bool {
    guard text[place] == UInt8(ascii: ":"), text[place...].starts(with: Self.authority) else {
      return false
    }
    let scheme = out.reversed().prefix { Self.isNameCharacter($0) || $0 == UInt8(ascii: "+") }
    copy(3)
    if place >= word.end {
      let end = text[place...].firstIndex(where: Self.endsWord) ?? text.endIndex
      word = (end, text[place..<end].lastIndex(of: UInt8(ascii: "@")))
    }
    let end = word.end
    if let at = word.at, at >= place {
      out += Self.mark
      place = at
    }
    guard String(decoding: scheme.reversed(), as: UTF8.self).lowercased().hasPrefix("rtmp") else {
      return true
    }
    let slash = UInt8(ascii: "/")
    guard let host = text[place..<end].firstIndex(of: slash),
      let app = text[(host + 1)..<end].firstIndex(of: slash), app + 1 < end
    else { return true }
    copy(app + 1 - place)
    hide(until: Self.endsWord)
    return true
  }

  /// `name=value`, `Name: value`, `"name": "value"`, `--name value`.
  private mutating func takesNamedSecret() -> Bool {
    guard Self.isNameCharacter(text[place]), place == 0 || !Self.isNameCharacter(text[place - 1])
    else { return false }
    let end = text[place...].firstIndex { !Self.isNameCharacter($0) } ?? text.endIndex
    let name = String(
      decoding: text[place..<end].filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") },
      as: UTF8.self
    ).lowercased()
    let isFlag = text[place..<end].starts(with: Array("--".utf8))
    guard Self.isSecret(name) || Self.fields.contains(name) || Self.parameters.contains(name)
    else {
      copy(end - place)
      return true
    }
    copy(end - place)
    // The quotation mark that ends a name in JSON.
    if peek == UInt8(ascii: "\"") { copy(1) }
    switch peek {
    case UInt8(ascii: "="): copy(1)
    case UInt8(ascii: ":") where !Self.parameters.contains(name): copy(1)
    case UInt8(ascii: " ") where isFlag: break
    default: return true
    }
    while peek == UInt8(ascii: " ") { copy(1) }
    if let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      copy(1)
      hide(until: { $0 == quote })
    } else if Self.fields.contains(name) {
      hide(until: { $0 == 0x0D || $0 == 0x0A || $0 == UInt8(ascii: "\"") })
    } else {
      hide(until: { "&#".utf8.contains($0) || Self.endsWord($0) })
      hideAfterColon()
    }
    return true
  }

  /// `Bearer token`, at any position.
  private mutating func takesBearer() -> Bool {
    guard place > 0, text[place] == UInt8(ascii: " "),
      String(decoding: out.suffix(6), as: UTF8.self).lowercased() == "bearer"
    else { return false }
    copy(1)
    hide(until: Self.endsWord)
    hideAfterColon()
    return true
  }

  // MARK: Pieces

  private var peek: UInt8? { place < text.count ? text[place] : nil }

  private mutating func copy(_ count: Int) {
    out += text[place..<place + count]
    place += count
  }

  /// If the hidden text was itself a name before a value, hides the rest of the line.
  private mutating func hideAfterColon() {
    if place > 0, text[place - 1] == UInt8(ascii: ":") { hide(until: { $0 == 0x0D || $0 == 0x0A }) }
  }

  private mutating func hide(until isEnd: (UInt8) -> Bool) {
    let end = text[place...].firstIndex(where: isEnd) ?? text.endIndex
    if end > place { out += Self.mark + punctuation(behindMarkTo: end) }
    place = end
  }

  /// The punctuation after a secret that was already hidden: the sentence continues.
  private func punctuation(behindMarkTo end: Int) -> ArraySlice<UInt8> {
    let rest = text[place..<end]
    guard rest.starts(with: Self.mark) else { return [] }
    let behind = rest.dropFirst(Self.mark.count)
    return behind.allSatisfy { ",;:.)".utf8.contains($0) } ? behind : []
  }

  /// Names whose value is secret after `=` and after `:`.
  private static let secrets: Set<String> = [
    "token", "accesstoken", "admintoken", "publishkey", "playbackkey", "streamkey", "apikey",
    "passphrase", "password", "passwd", "secret", "streamid", "jwt", "signature",
  ]
  /// Whether a name is secret, or ends with a secret one, such as `admin_password`.
  private static func isSecret(_ name: String) -> Bool {
    secrets.contains(name) || endings.contains { name.hasSuffix($0) }
  }

  private static let endings = ["password", "passwd", "passphrase", "token", "secret", "apikey"]
  /// Names that are common words, secret only as `name=value`.
  private static let parameters: Set<String> = ["key", "sig", "auth", "pass", "pwd"]
  /// Header fields, whose value is the rest of the line.
  private static let fields: Set<String> = [
    "authorization", "proxyauthorization", "cookie", "setcookie", "xapikey", "xauthtoken",
  ]

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
      || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
  }

  /// The bytes without percent-escapes of unreserved characters and of `/`, `?`, `&` and `=`,
  /// decoded repeatedly.
  ///
  /// RFC 3986 §2.3, §6.2.2.2.
  private static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(UInt8(ascii: "%")) else { return bytes }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    for byte in bytes {
      out.append(byte)
      // Decoding may complete another escape, which is decoded, too.
      while out.count >= 3, out[out.count - 3] == UInt8(ascii: "%"),
        let high = hexadecimalValue(out[out.count - 2]),
        let low = hexadecimalValue(out[out.count - 1])
      {
        let decoded = high << 4 | low
        guard isNameCharacter(decoded) || "./~?&=%:@".utf8.contains(decoded) else { break }
        out.removeLast(3)
        out.append(decoded)
      }
    }
    return out
  }
}
