// SPDX-License-Identifier: Apache-2.0

/// The ranges of a request line's parts in the head.
struct RequestLine {
  let method: Range<Int>
  let path: Range<Int>
  let query: Range<Int>?
  let minorVersion: UInt8
  /// Host and port of a target in absolute-form, which count in place of `Host`; nil for any other.
  ///
  /// - Source: RFC 9112 §3.2.2
  var authority: Range<Int>?
  /// Whether `path` stands for the server as a whole, as the target `*` does.
  ///
  /// - Source: RFC 9112 §3.2.4
  var isServerWide = false
}

extension RequestLine {
  /// Parses `method SP request-target SP HTTP-version` in `line`, without its CR LF.
  ///
  /// - Source: RFC 9112 §3
  init(
    _ head: borrowing Span<UInt8>, _ line: Range<Int>, limits: HeadLimits
  ) throws(RequestParseError) {
    let space = UInt8(ascii: " ")
    guard let first = head.position(of: space, in: line) else { throw .malformedRequestLine }
    var last = line.upperBound - 1
    while last > first, head[last] != space { last -= 1 }
    guard last > first else { throw .malformedRequestLine }
    method = line.lowerBound..<first
    guard !method.isEmpty, head.allSatisfy(in: method, isTokenCharacter) else {
      throw .malformedRequestLine
    }
    let target = first + 1..<last
    guard !target.isEmpty else { throw .malformedRequestLine }
    guard target.count <= limits.targetBytes else {
      throw .targetTooLong(limit: limits.targetBytes)
    }
    minorVersion = try Self.minorVersion(head, last + 1..<line.upperBound)
    var mark: Int?
    var hasEscape = false
    for index in target {
      let octet = head[index]
      guard octet > 0x20, octet < 0x7F, octet != UInt8(ascii: "#") else { throw .badTarget }
      if octet == UInt8(ascii: "?"), mark == nil { mark = index }
      if octet == UInt8(ascii: "%") { hasEscape = true }
    }
    let isOptions = head.equals("OPTIONS", in: method)
    authority = try Self.authority(head, target, isOptions: isOptions)
    query = mark.map { $0 + 1..<target.upperBound }
    let start = authority?.upperBound ?? target.lowerBound
    let end = mark ?? target.upperBound
    if let authority, start == end {
      // RFC 9112 §3.2.1: an empty path is "/", as the last character of the scheme is here.
      path = authority.lowerBound - 1..<authority.lowerBound
      isServerWide = isOptions && mark == nil
    } else {
      path = start..<end
    }
    if hasEscape { try Self.checkEscapes(head, path) }
  }

  /// RFC 9110 §2.5: a higher minor version is treated as the highest one that is implemented.
  private static func minorVersion(
    _ head: borrowing Span<UInt8>, _ text: Range<Int>
  ) throws(RequestParseError) -> UInt8 {
    let isDigit = { (octet: UInt8) in octet >= 0x30 && octet <= 0x39 }
    let start = text.lowerBound
    // bounded: eight bytes
    guard text.count == 8, head.equals("HTTP/", in: start..<start + 5), isDigit(head[start + 5]),
      head[start + 6] == UInt8(ascii: "."), isDigit(head[start + 7])
    else { throw .malformedRequestLine }
    // bounded: eight bytes
    guard head[start + 5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
    return min(head[start + 7] - 0x30, 1)
  }

  /// Host and port of a target in absolute-form; nil for origin-form and `*`.
  ///
  /// RFC 9112 §3.2.1, §3.2.2, §3.2.4.
  private static func authority(
    _ head: borrowing Span<UInt8>, _ target: Range<Int>, isOptions: Bool
  ) throws(RequestParseError) -> Range<Int>? {
    let slash = UInt8(ascii: "/")
    if head[target.lowerBound] == slash { return nil }
    if head.equals("*", in: target) {
      guard isOptions else { throw .badTarget }
      return nil
    }
    for scheme: StaticString in ["http://", "https://"] {
      let authority = target.lowerBound + scheme.utf8CodeUnitCount
      guard authority <= target.upperBound,
        head.equalsLowercased(scheme, in: target.lowerBound..<authority)
      else { continue }
      var end = authority
      while end < target.upperBound, head[end] != slash, head[end] != UInt8(ascii: "?") { end += 1 }
      guard end > authority, isHost(head, authority..<end) else { throw .badTarget }
      return authority..<end
    }
    throw .badTarget
  }

  private static func checkEscapes(
    _ head: borrowing Span<UInt8>, _ path: Range<Int>
  ) throws(RequestParseError) {
    for index in path where head[index] == UInt8(ascii: "%") {
      guard head.hasEscape(at: index, before: path.upperBound) else { throw .badPercentEscape }
    }
  }
}

/// A request's method.
package enum Method: Sendable, Equatable {
  case get, head, options, post, put, delete
  /// Any other token, which is in `Request.methodText`.
  case other

  /// Whether a request body has no meaning (RFC 9110 §9.3).
  var hasNoBody: Bool { self == .get || self == .head || self == .options }

  init(_ head: borrowing Span<UInt8>, _ token: Range<Int>) {
    if head.equals("GET", in: token) {
      self = .get
    } else if head.equals("HEAD", in: token) {
      self = .head
    } else if head.equals("POST", in: token) {
      self = .post
    } else if head.equals("PUT", in: token) {
      self = .put
    } else if head.equals("DELETE", in: token) {
      self = .delete
    } else {
      self = head.equals("OPTIONS", in: token) ? .options : .other
    }
  }
}
