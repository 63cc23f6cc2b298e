// SPDX-License-Identifier: Apache-2.0

import Checked
import Glibc
package import Net

/// A request head, independent of the version of HTTP.
///
/// Keeps the bytes of the head and the offsets of its parts; text is created when it is requested,
/// so that a held request stays small.
package struct Request: Sendable {
  /// A range of the head, which has at most 65,535 bytes.
  struct OffsetRange {
    let start, end: UInt16
    init(_ range: Range<Int>) {
      start = UInt16(clamping: range.lowerBound)
      end = UInt16(clamping: range.upperBound)
    }
    var range: Range<Int> { Int(start)..<Int(end) }
  }

  /// The version of HTTP of a request; a higher minor version is treated as HTTP/1.1.
  ///
  /// - Source: RFC 9110 §2.5
  package enum Version: Sendable { case http10, http11, http2 }

  /// A protocol that follows an extended CONNECT request.
  package enum ConnectProtocol: Sendable { case webSocket, other }

  /// The head, then the offsets of its fields: one allocation, since many requests are held.
  let head: [UInt8]
  // Small properties follow each other, so that a held request has few gaps.

  /// One bit per length of a field's name.
  ///
  /// Most queried fields are absent; the bits then make a search of the head unnecessary.
  private let nameLengths: UInt64
  /// The delimitation of the body.
  package let framing: BodyFraming
  /// The method.
  package let method: Method
  private let headEnd: UInt16
  let methodRange: OffsetRange
  private(set) var pathRange: OffsetRange
  let queryRange: OffsetRange?

  /// The version of HTTP.
  package internal(set) var version: Version
  /// Whether the client asks for a persistent connection.
  package let keepAlive: Bool
  /// Whether the client sends the body only after `100 (Continue)`.
  var expectsContinue = false
  /// The protocol of an extended CONNECT request; nil for other requests.
  ///
  /// - Source: RFC 8441 §4
  package internal(set) var connectProtocol: ConnectProtocol?
  /// Whether the connection is encrypted by TLS.
  package internal(set) var isSecure = false
  /// Whether a prefix was taken out of the path: the client's URL has more than the path.
  package internal(set) var hasPathPrefix = false
  /// Whether a trusted proxy has checked the access of the client.
  package internal(set) var isChecked = false
  /// The certificate of the client; nil without one, and behind a trusted proxy.
  package internal(set) var certificate: ClientCertificate?
  /// The address of the client: the other end of the connection, or what a trusted proxy states.
  package internal(set) var peer: PeerAddress

  /// A request whose head ends at `headEnd`, followed by the offsets of its fields.
  init(
    head: consuming [UInt8], headEnd: Int, line: RequestLine, method: Method, nameLengths: UInt64,
    keepAlive: Bool, framing: BodyFraming, peer: PeerAddress
  ) {
    self.headEnd = UInt16(clamping: headEnd)
    methodRange = OffsetRange(line.method)
    pathRange = OffsetRange(line.path)
    queryRange = line.query.map(OffsetRange.init)
    self.method = method
    self.nameLengths = nameLengths
    self.head = head
    version = line.minorVersion == 0 ? .http10 : .http11
    self.keepAlive = keepAlive
    self.framing = framing
    self.peer = peer
  }

  /// The request of an exchange whose head is malformed.
  static let unknown = Request(
    head: [], headEnd: 0,
    line: RequestLine(method: 0..<0, path: 0..<0, query: nil, minorVersion: 1), method: .other,
    nameLengths: 0, keepAlive: false, framing: .none, peer: .none)

  /// The number after `HTTP/1.`, at most 1; 1 for HTTP/2.
  package var minorVersion: UInt8 { version == .http10 ? 0 : 1 }

  /// The number of bytes of the head.
  package var headSize: Int { Int(headEnd) }

  /// The offsets of the fields.
  var fieldOffsets: some Sequence<FieldOffsets> {
    stride(from: Int(headEnd), to: head.count, by: FieldOffsets.size).lazy.map {
      FieldOffsets(head.span, at: $0)
    }
  }

  /// The method as it was sent.
  package var methodText: String { text(methodRange.range) }
  /// The path as it was sent, still escaped.
  package var rawPath: String { text(pathRange.range) }
  /// The path without percent-escapes.
  ///
  /// Text only: `..` has no meaning, and an escaped `/` looks like a separator; `pathSegments`
  /// distinguishes them.
  package var path: String { percentDecoded(head[pathRange.range]) }
  /// The segments between the slashes, without percent-escapes; `/a/` is `["a", ""]`.
  package var pathSegments: [String] {
    let path = pathRange.range
    guard !path.isEmpty else { return [""] }
    var segments: [String] = []
    segments.reserveCapacity(4)
    var start = path.lowerBound + 1
    for end in path.dropFirst() where head[end] == UInt8(ascii: "/") {
      // bounded: start <= end, since the path begins with a slash
      segments.append(percentDecoded(head[start..<end]))
      start = end + 1
    }
    // bounded: start is at most behind the last slash
    segments.append(percentDecoded(head[start..<path.upperBound]))
    return segments
  }

  /// Takes the first two segments out of the path.
  ///
  /// - Returns: the second one, without percent-escapes; nil if the path has fewer than three
  ///   segments, and is unchanged.
  package mutating func takePathPrefix() -> String? {
    let slash = UInt8(ascii: "/")
    let path = pathRange.range
    guard let first = head[path].dropFirst().firstIndex(of: slash),
      // bounded: `first` is an index of the path
      let second = head[path][(first + 1)...].firstIndex(of: slash)
    else { return nil }
    pathRange = OffsetRange(second..<path.upperBound)
    hasPathPrefix = true
    // bounded: first < second
    return percentDecoded(head[(first + 1)..<second])
  }

  /// The first path segment.
  package var firstPathSegment: String {
    let path = head[pathRange.range].dropFirst()
    return percentDecoded(path.prefix { $0 != UInt8(ascii: "/") })
  }
  /// Whether the target has a `?`.
  package var hasQuery: Bool { queryRange != nil }
  /// The part after the `?`, as it was sent; nil without a `?`.
  package var query: String? { queryRange.map { text($0.range) } }

  /// Path and query of a request as they were sent, for comparison with other requests.
  package struct Target: Sendable {
    fileprivate let path: [UInt8]
    fileprivate let query: [UInt8]?
  }

  /// Path and query.
  package var target: Target {
    // bounded: a range of the head
    Target(path: Array(head[pathRange.range]), query: queryRange.map { Array(head[$0.range]) })
  }

  /// Whether path and query are those of `other`.
  package func has(_ other: Target) -> Bool {
    guard pathRange.range.count == other.path.count, equals(pathRange.range, other.path) else {
      return false
    }
    guard let query = other.query else { return queryRange == nil }
    guard let queryRange, queryRange.range.count == query.count else { return false }
    return equals(queryRange.range, query)
  }

  private func equals(_ range: Range<Int>, _ other: [UInt8]) -> Bool {
    unsafe head.withUnsafeBufferPointer { head in
      unsafe other.withUnsafeBufferPointer { other in
        guard let start = head.baseAddress, let wanted = other.baseAddress else { return true }
        return unsafe memcmp(start + range.lowerBound, wanted, range.count) == 0
      }
    }
  }

  /// Whether the first segment of the path is `text`, which needs no escape.
  package func isBelow(_ text: StaticString) -> Bool {
    let path = pathRange.range
    let end = path.lowerBound + 1 + text.utf8CodeUnitCount
    // An escaped name is equal to the plain one.
    // bounded: a name in the program
    guard !head[path].prefix(text.utf8CodeUnitCount * 3 + 1).contains(UInt8(ascii: "%")) else {
      return firstPathSegment == "\(text)"
    }
    guard end <= path.upperBound, end == path.upperBound || head[end] == UInt8(ascii: "/") else {
      return false
    }
    return head.span.equals(text, in: path.lowerBound + 1..<end)
  }

  /// The value of a field, without regard to the case of its name; several values are joined by
  /// `, ` (RFC 9110 §5.3).
  package func header(_ name: String) -> String? {
    guard nameLengths & Self.bit(name.utf8.count) != 0 else { return nil }
    var found: String?
    var start = Int(headEnd)
    while start < head.count {
      let field = FieldOffsets(head.span, at: start)
      if isName(field.name, name) {
        let value = text(field.value)
        found = found.map { $0 + ", " + value } ?? value
      }
      start += FieldOffsets.size
    }
    return found
  }

  /// Adds the values of a field to a hash, as ``header(_:)`` finds them, without a copy.
  package func hash(_ name: String, into hasher: inout Hasher) {
    guard nameLengths & Self.bit(name.utf8.count) != 0 else { return }
    for start in stride(from: Int(headEnd), to: head.count, by: FieldOffsets.size) {
      let field = FieldOffsets(head.span, at: start)
      guard isName(field.name, name) else { continue }
      hasher.combine(field.value.count)
      unsafe head.withUnsafeBytes {
        // bounded: offsets of the head
        unsafe hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0[field.value]))
      }
    }
  }

  /// The bit for names of this length.
  static func bit(_ length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }

  /// The bits for the lengths of `names`.
  package static func lengths(_ names: [String]) -> UInt64 {
    names.reduce(0) { $0 | bit($1.utf8.count) }
  }

  /// Whether the name of any field has one of the lengths whose bits are set.
  ///
  /// If not, a search for names of these lengths is unnecessary.
  package func hasNames(ofLengths bits: UInt64) -> Bool { nameLengths & bits != 0 }

  /// All fields in their order.
  package var headers: [HeaderField] {
    fieldOffsets.map { HeaderField(text($0.name), text($0.value)) }
  }

  func isName(_ range: Range<Int>, _ name: String) -> Bool {
    let (bytes, wanted) = (head.span, name.utf8.span)
    guard range.count == wanted.count else { return false }
    for offset in wanted.indices
    // bounded: the offset is within `range`
    where lowercased(bytes[range.lowerBound + offset]) != lowercased(wanted[offset]) {
      return false
    }
    return true
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: head[range], as: UTF8.self)
  }
}

/// A decoded parameter of the query.
package struct QueryItem: Sendable, Equatable {
  /// The part before the first `=`.
  package let name: String
  /// The name as it was sent, with its percent-escapes.
  package let writtenName: String
  /// The part after the first `=`; empty without a `=`.
  package let value: String
}

extension Request {
  /// Whether the query contains `text` before percent-decoding.
  package func queryContains(_ text: StaticString) -> Bool {
    guard let queryRange else { return false }
    let count = text.utf8CodeUnitCount
    let query = queryRange.range
    guard query.count >= count else { return false }
    let bytes = head.span
    for start in query.lowerBound...query.upperBound - count
    where bytes.equals(text, in: start..<start + count) {
      return true
    }
    return false
  }

  /// The parameters of the query in their order: `+` is a space, a broken escape is unchanged.
  package var queryItems: [QueryItem] {
    guard let queryRange else { return [] }
    return head[queryRange.range].split(separator: UInt8(ascii: "&")).map { item in
      let name = item.prefix { $0 != UInt8(ascii: "=") }
      return QueryItem(
        name: percentDecoded(name, plusIsSpace: true),
        writtenName: String(decoding: name, as: UTF8.self),
        value: percentDecoded(item[name.endIndex...].dropFirst(), plusIsSpace: true))
    }
  }
}
