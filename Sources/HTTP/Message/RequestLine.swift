// SPDX-License-Identifier: Apache-2.0

/// The ranges of a request line's parts in the head.
struct RequestLine {
  let method: Range<Int>
  let path: Range<Int>
  let query: Range<Int>?
  let minorVersion: UInt8
}

extension RequestLine {
  /// Parses `method SP request-target SP HTTP-version` in `line`, without its CR LF.
  ///
  /// - Source: RFC 9112 §3
  init(_ head: [UInt8], _ line: Range<Int>, limits: HeadLimits) throws(RequestParseError) {
    let space = UInt8(ascii: " ")
    guard let first = head[line].firstIndex(of: space),
      let last = head[line].lastIndex(of: space), last > first
    else { throw .malformedRequestLine }
    method = line.lowerBound..<first
    guard !method.isEmpty, head[method].allSatisfy(isTokenCharacter) else {
      throw .malformedRequestLine
    }
    let target = first + 1..<last
    guard !target.isEmpty else { throw .malformedRequestLine }
    guard target.count <= limits.targetBytes else {
      throw .targetTooLong(limit: limits.targetBytes)
    }
    minorVersion = try Self.minorVersion(head[last + 1..<line.upperBound])
    guard head[target].allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
      throw .badTarget
    }
    let isOptions = head[method].elementsEqual("OPTIONS".utf8)
    let origin = try Self.originForm(head, target, isOptions: isOptions)
    let mark = head[origin].firstIndex(of: UInt8(ascii: "?"))
    path = origin.lowerBound..<(mark ?? origin.upperBound)
    query = mark.map { $0 + 1..<origin.upperBound }
    try Self.checkEscapes(head[path])
  }

  /// RFC 9110 §2.5: a higher minor version is treated as the highest one that is implemented.
  private static func minorVersion(_ text: ArraySlice<UInt8>) throws(RequestParseError) -> UInt8 {
    let isDigit = { (octet: UInt8) in octet >= 0x30 && octet <= 0x39 }
    let start = text.startIndex
    guard text.count == 8, text.prefix(5).elementsEqual("HTTP/".utf8), isDigit(text[start + 5]),
      text[start + 6] == UInt8(ascii: "."), isDigit(text[start + 7])
    else { throw .malformedRequestLine }
    guard text[start + 5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
    return min(text[start + 7] - 0x30, 1)
  }

  /// The part of the target that is path and query.
  ///
  /// RFC 9112 §3.2.1, §3.2.2, §3.2.4.
  private static func originForm(
    _ head: [UInt8], _ target: Range<Int>, isOptions: Bool
  ) throws(RequestParseError) -> Range<Int> {
    let slash = UInt8(ascii: "/")
    let bytes = head[target]
    if bytes.first == slash { return target }
    if bytes.elementsEqual("*".utf8) {
      guard isOptions else { throw .badTarget }
      return target
    }
    for scheme in ["http://", "https://"] {
      let prefix = bytes.prefix(scheme.utf8.count).map(lowercased)
      guard prefix.elementsEqual(scheme.utf8) else { continue }
      let authority = bytes.dropFirst(scheme.utf8.count)
      guard let end = authority.firstIndex(where: { $0 == slash || $0 == UInt8(ascii: "?") }),
        head[end] == slash, isHost(authority[..<end]), end > authority.startIndex
      else { throw .badTarget }
      return end..<target.upperBound
    }
    throw .badTarget
  }

  private static func checkEscapes(_ path: ArraySlice<UInt8>) throws(RequestParseError) {
    var index = path.startIndex
    while index < path.endIndex {
      if path[index] == UInt8(ascii: "%") {
        guard index + 2 < path.endIndex, hexadecimalValue(path[index + 1]) != nil,
          hexadecimalValue(path[index + 2]) != nil
        else { throw .badPercentEscape }
      }
      index += 1
    }
  }
}

/// Whether the octets may be a host and an optional port; an empty value may.
///
/// - Source: RFC 9110 §7.2
func isHost(_ value: ArraySlice<UInt8>) -> Bool {
  value.allSatisfy { octet in
    isTokenCharacter(octet) && octet != UInt8(ascii: "|") && octet != UInt8(ascii: "#")
      || octet == UInt8(ascii: ":") || octet == UInt8(ascii: "[") || octet == UInt8(ascii: "]")
      || octet == UInt8(ascii: "(") || octet == UInt8(ascii: ")") || octet == UInt8(ascii: ";")
      || octet == UInt8(ascii: "=")
  }
}
