// SPDX-License-Identifier: Apache-2.0

import Checked

/// Removes secrets from text: tokens, keys, passphrases, credentials.
///
/// All log messages pass through it. It prefers to remove too much. Percent-escapes of letters and
/// digits do not hide a secret from it, since servers decode them.
///
/// Each byte costs about the same in all texts, since clients write the targets of the access log:
/// no part of the text is read a second time, and none becomes a string or a list of its own.
package struct Redaction {
  /// The replacement of a secret.
  static let mark = Array("***".utf8)

  private static let tokenPath = Array("/t/".utf8)
  private static let authority = Array("://".utf8)
  private static let rtmp = Array("rtmp".utf8)
  private static let bearer = Array("bearer".utf8)
  private static let dashes = Array("--".utf8)

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
      if Self.endsEntry(text[index]) {
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
    let isRTMP = Self.begins(out[schemeStart...], with: Self.rtmp)
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
    guard isRTMP else { return true }
    let slash = UInt8(ascii: "/")
    guard let host = text[place..<end].firstIndex(of: slash),
      let app = text[(host + 1)..<end].firstIndex(of: slash), app + 1 < end
    else { return true }
    copy(app + 1 - place)
    hide(until: Self.endsWord)
    return true
  }

  /// The start of the scheme that `out` ends with.
  private var schemeStart: Int {
    var start = out.count
    while start > 0, Self.isNameCharacter(out[start - 1]) || out[start - 1] == UInt8(ascii: "+") {
      start -= 1
    }
    return start
  }

  /// `name=value`, `Name: value`, `"name": "value"`, `--name value`.
  private mutating func takesNamedSecret() -> Bool {
    guard Self.isNameCharacter(text[place]), place == 0 || !Self.isNameCharacter(text[place - 1])
    else { return false }
    let end = text[place...].firstIndex { !Self.isNameCharacter($0) } ?? text.endIndex
    let isFlag = Self.begins(text[place..<end], with: Self.dashes)
    guard let kind = SecretName.kind(of: text[place..<end]) else {
      copy(end - place)
      return true
    }
    copy(end - place)
    // The quotation mark that ends a name in JSON.
    if peek == UInt8(ascii: "\"") { copy(1) }
    switch peek {
    case UInt8(ascii: "="): copy(1)
    case UInt8(ascii: ":") where kind != .parameter: copy(1)
    case UInt8(ascii: " ") where isFlag: break
    default: return true
    }
    while peek == UInt8(ascii: " ") { copy(1) }
    if kind != .field, let words = OwnSentence.length(at: text[place...]) {
      copy(words)
      guard peek == UInt8(ascii: "\"") else { return true }
    }
    if let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      copy(1)
      hide(until: { $0 == quote })
    } else if kind == .field {
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
      Self.begins(out.suffix(Self.bearer.count), with: Self.bearer)
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

  /// Whether bytes begin with these small letters or signs, in any case.
  private static func begins(_ bytes: ArraySlice<UInt8>, with letters: [UInt8]) -> Bool {
    guard bytes.count >= letters.count else { return false }
    for (byte, letter) in zip(bytes, letters) where byte != letter {
      guard byte | 0x20 == letter, isNameCharacter(byte) else { return false }
    }
    return true
  }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    NameCharacters.isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
      || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
  }

  /// Whether no entry of a list of addresses has this byte.
  private static func endsEntry(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "|"), UInt8(ascii: "("),
      UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
      UInt8(ascii: "}"), UInt8(ascii: "="):
      true
    default: endsWord(byte)
    }
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
