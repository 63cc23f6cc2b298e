// SPDX-License-Identifier: Apache-2.0

/// The lines of the keys and elements of a JSON document, by their paths: pure.
///
/// Paths are those of ``SettingLocation``: `streams[0].bitrate`. The document is valid; of another
/// one the lines before the first fault are found.
package struct JSONLines {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var lines: [String: Int] = [:]

  /// The lines of a document.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    _ = takeValue("", levels: 64)
  }

  /// The line, from 1, of the key or element at `path`, or of the nearest one that contains it;
  /// nil for the whole document.
  package func line(of path: String) -> Int? {
    var path = path[...]
    while !path.isEmpty {
      if let line = lines[String(path)] { return line }
      path = path.lastIndex { $0 == "." || $0 == "[" }.map { path[..<$0] } ?? ""
    }
    return nil
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func advance() {
    if next == 0x0A { line += 1 }  // bounded: at most the number of bytes
    position += 1
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    advance()
    return true
  }

  /// Reads the value at `path`; false at the first fault.
  private mutating func takeValue(_ path: String, levels: Int) -> Bool {
    guard levels > 0 else { return false }
    if take("{") { return takeMembers(path, levels: levels) }
    if take("[") { return takeElements(path, levels: levels) }
    if next == UInt8(ascii: "\"") { return takeString() != nil }
    let start = position
    while let byte = next, !",]}/".utf8.contains(byte), byte > 0x20 { advance() }
    return position > start
  }

  private mutating func takeMembers(_ path: String, levels: Int) -> Bool {
    while !take("}") {
      skipSpace()
      let start = line
      guard let key = takeString(), take(":") else { return false }
      let inner = path.isEmpty ? key : "\(path).\(key)"
      lines[inner] = start
      // bounded: a positive number of levels
      guard takeValue(inner, levels: levels - 1) else { return false }
      guard take(",") else { return take("}") }
    }
    return true
  }

  private mutating func takeElements(_ path: String, levels: Int) -> Bool {
    var index = 0
    while !take("]") {
      let inner = "\(path)[\(index)]"
      lines[inner] = line
      // bounded: a positive number of levels
      guard takeValue(inner, levels: levels - 1) else { return false }
      index += 1  // bounded: at most the number of bytes
      guard take(",") else { return take("]") }
    }
    return true
  }

  /// The string at the position, its escapes as they are written; nil if there is none.
  private mutating func takeString() -> String? {
    guard next == UInt8(ascii: "\"") else { return nil }
    advance()
    let start = position
    while let byte = next, byte != UInt8(ascii: "\"") {
      if byte == UInt8(ascii: "\\") { advance() }
      advance()
    }
    guard next != nil else { return nil }
    defer { advance() }
    // bounded: the position only grows, up to the end
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipSpace() {
    while let byte = next {
      if byte <= 0x20 {
        advance()
      } else if byte == UInt8(ascii: "/") {
        skipComment()
      } else {
        return
      }
    }
  }

  private mutating func skipComment() {
    advance()
    let isBlock = next == UInt8(ascii: "*")
    advance()
    while let byte = next {
      advance()
      guard isBlock else {
        if byte == 0x0A { return }
        continue
      }
      if byte == UInt8(ascii: "*"), next == UInt8(ascii: "/") { return advance() }
    }
  }
}
