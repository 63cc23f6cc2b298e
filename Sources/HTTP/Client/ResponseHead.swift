// SPDX-License-Identifier: Apache-2.0

/// Status and fields of a response of HTTP/1.1, as a client reads them.
///
/// Strict: lines end with CR LF, and the end of the body has one reading.
/// - Source: RFC 9112 §4, §5, §6.3
package struct ResponseHead: Sendable, Equatable {
  /// Why a head is refused.
  package enum Fault: Error, Equatable, CustomStringConvertible {
    case statusLine, fieldLine, framing, tooLarge

    package var description: String {
      switch self {
      case .statusLine: "the response has no status line of HTTP/1.1"
      case .fieldLine: "the response has a malformed header field"
      case .framing: "the response has no single length (RFC 9112 §6.3)"
      case .tooLarge: "the head of the response has more than \(ResponseHead.limit) bytes"
      }
    }
  }

  /// The end of the body.
  package enum Framing: Sendable, Equatable {
    case length(Int)
    case chunked
    /// The body ends with the connection.
    case connection
  }

  /// The most bytes of a head.
  package static let limit = 64 * 1024

  package let status: Int
  package let fields: [HeaderField]
  package let framing: Framing
  /// Whether the connection can have another request after the body.
  package let isPersistent: Bool

  /// Reads a head.
  ///
  /// - Parameter bytes: the head up to the empty line, with or without it.
  /// - Throws: the first fault.
  package init(_ bytes: ArraySlice<UInt8>) throws(Fault) {
    var lines = Self.lines(bytes)[...]
    let first = lines.popFirst() ?? []
    guard first.count >= 12, first.starts(with: "HTTP/1.".utf8),
      first.count == 12 || first[first.startIndex + 12] == 0x20,
      let minor = Self.number(first.dropFirst(7).prefix(1)), first[first.startIndex + 8] == 0x20,
      let status = Self.number(first.dropFirst(9).prefix(3)), (100...599).contains(status)
    else { throw .statusLine }
    var fields: [HeaderField] = []
    for line in lines where !line.isEmpty {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
        // bounded: indices are those of the line
        line[..<colon].allSatisfy(isTokenCharacter),
        !line[colon...].contains(where: { $0 == 0 || $0 == 0x0D || $0 == 0x0A })
      else { throw .fieldLine }
      // bounded: indices are those of the line
      let value = trimmed(line[line.index(after: colon)...])
      fields.append(
        HeaderField(
          // bounded: indices are those of the line
          String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)))
    }
    self.status = status
    self.fields = fields
    framing = try Self.framing(status, fields)
    let options = Self.list("connection", fields)
    isPersistent = minor >= 1 && !options.contains("close") && framing != .connection
  }

  /// The value of the first field with this name.
  package func value(_ name: String) -> String? { fields.first { $0.isNamed(name) }?.value }

  /// - Source: RFC 9112 §6.3
  private static func framing(_ status: Int, _ fields: [HeaderField]) throws(Fault) -> Framing {
    let codings = list("transfer-encoding", fields)
    let lengths = Set(list("content-length", fields))
    if status < 200 || status == 204 || status == 304 { return .length(0) }
    guard codings.isEmpty || codings == ["chunked"] && lengths.isEmpty, lengths.count <= 1 else {
      throw .framing
    }
    if !codings.isEmpty { return .chunked }
    guard let text = lengths.first else { return .connection }
    guard let length = number(Array(text.utf8)[...]) else { throw .framing }
    return .length(length)
  }

  /// The elements of all fields with a name, in lower case.
  private static func list(_ name: String, _ fields: [HeaderField]) -> [String] {
    fields.filter { $0.isNamed(name) }.flatMap { FieldList.tokens(Array($0.value.utf8)[...]) }
  }

  private static func lines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var rest = bytes
    while let end = rest.firstOccurrence(of: [0x0D, 0x0A]) {
      // bounded: indices are those of the bytes
      lines.append(rest[..<end.lowerBound])
      rest = rest[end.upperBound...]
    }
    return lines + [rest]
  }

  /// A number of decimal digits only.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }
}
