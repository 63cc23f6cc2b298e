// SPDX-License-Identifier: Apache-2.0

/// A request or a response over RTSP.
/// - Source: RFC 2326 §6, §7; RFC 7826 §5
package struct RTSPMessage: Sendable, Equatable {
  /// The longest start line and fields together, in bytes.
  static let longestHead = 1 << 14
  /// The longest body, in bytes.
  static let longestBody = 1 << 20

  /// Without its line end.
  package var startLine: String
  /// Names and values in their order, as one text; continued lines are one.
  private(set) var fields: [String]
  /// May be empty.
  package private(set) var body: [UInt8] = []

  /// A message without a body.
  package init(_ startLine: String, _ fields: [String] = []) {
    (self.startLine, self.fields) = (startLine, fields)
  }

  /// The result of reading the start of some bytes.
  enum Reading: Equatable {
    /// A message of this length.
    case message(RTSPMessage, length: Int)
    /// At least this number of bytes is needed.
    case incomplete(needed: Int)
    /// The bytes are no message, or it is too long.
    case invalid
  }

  /// Reads a message at the start of `bytes`.
  static func read(_ bytes: ArraySlice<UInt8>) -> Reading {
    guard let head = endOfHead(bytes.prefix(longestHead)) else {
      return bytes.count >= longestHead ? .invalid : .incomplete(needed: bytes.count + 1)
    }
    var lines: [String] = []
    for line in bytes[..<head].split(separator: 0x0A, omittingEmptySubsequences: false) {
      let text = Latin1.text(line.last == 0x0D ? line.dropLast() : line)
      // bounded: there is a last line
      if let first = text.unicodeScalars.first, first == " " || first == "\t", lines.count > 1 {
        lines[lines.count - 1] +=
          " "
          + text.unicodeScalars.drop { $0 == " " || $0 == "\t" }
          .map { String($0) }.joined()
      } else if !text.isEmpty {
        lines.append(text)
      }
    }
    guard let first = lines.first else { return .invalid }
    var message = RTSPMessage(first, Array(lines.dropFirst()))
    guard message.status != nil || message.request != nil else { return .invalid }
    let stated = message.value("Content-Length").map { Int($0) } ?? 0
    guard let count = stated, (0...longestBody).contains(count) else { return .invalid }
    // bounded: at most the longest body
    let length = head - bytes.startIndex + count
    guard bytes.count >= length else { return .incomplete(needed: length) }
    message.body = Array(bytes[head...].prefix(count))
    return .message(message, length: length)
  }

  /// The index after the empty line; nil without one.
  private static func endOfHead(_ bytes: ArraySlice<UInt8>) -> Int? {
    var lineStart = bytes.startIndex
    for index in bytes.indices where bytes[index] == 0x0A {
      let line = bytes[lineStart..<index]
      // bounded: an index of the bytes
      if line.isEmpty || line.elementsEqual([0x0D]) { return index + 1 }
      lineStart = index + 1
    }
    return nil
  }

  /// The message as it is sent.
  package var bytes: [UInt8] {
    let head = ([startLine] + fields).joined(separator: "\r\n") + "\r\n\r\n"
    return Latin1.bytes(head) + body
  }

  /// Status and reason of a response; nil for a request.
  package var status: (code: Int, reason: String)? {
    guard startLine.hasPrefix("RTSP/") else { return nil }
    let parts = startLine.split(separator: " ", maxSplits: 2)
    guard parts.count > 1, let code = Int(parts[1]), (100...999).contains(code) else { return nil }
    return (code, parts.count > 2 ? String(parts[2]) : "")
  }

  /// Method and URI of a request; nil for a response.
  package var request: (method: String, uri: String)? {
    let parts = startLine.split(separator: " ")
    guard parts.count == 3, parts[2].hasPrefix("RTSP/") else { return nil }
    return (String(parts[0]), String(parts[1]))
  }

  /// The values of all fields of a name, without spaces around them.
  package func values(_ name: String) -> [String] {
    fields.compactMap { field in
      Self.value(of: field, name)
    }
  }

  /// The value of the first field of a name; nil without one.
  package func value(_ name: String) -> String? { values(name).first }

  /// Replaces the fields of a name by one, or by none.
  ///
  /// Line ends in the value, as a user name may contain them after its escapes, are left out: they
  /// would begin another field.
  package mutating func set(_ name: String, _ value: String?) {
    let index = fields.firstIndex { Self.value(of: $0, name) != nil } ?? fields.count
    fields.removeAll { Self.value(of: $0, name) != nil }
    guard let value else { return }
    let signs = value.unicodeScalars.filter { $0 != "\r" && $0 != "\n" }
    let line = String(String.UnicodeScalarView(signs))
    fields.insert("\(name): \(line)", at: min(index, fields.count))
  }

  /// Replaces the body, and states its length.
  package mutating func replace(body: [UInt8]) {
    guard body != self.body else { return }
    self.body = body
    set("Content-Length", "\(body.count)")
  }

  private static func value(of field: String, _ name: String) -> String? {
    let scalars = field.unicodeScalars
    guard let colon = scalars.firstIndex(of: ":") else { return nil }
    let own = scalars[..<colon].filter { $0 != " " && $0 != "\t" }
    guard String(String.UnicodeScalarView(own)).lowercased() == name.lowercased() else {
      return nil
    }
    let value = scalars[colon...].dropFirst().drop { $0 == " " || $0 == "\t" }
    let end = value.lastIndex { $0 != " " && $0 != "\t" }
    return end.map { String(value[...$0]) } ?? ""
  }
}
