// SPDX-License-Identifier: Apache-2.0

package import Net

/// A request's method.
package enum Method: Sendable, Equatable {
  case get, head, options, post, put, delete
  /// Any other token, which is in `Request.methodText`.
  case other
}

/// The delimitation of a request body.
///
/// - Source: RFC 9112 §6.3
package enum BodyFraming: Sendable, Equatable {
  case none
  case contentLength(Int)
  case chunked
}

/// A decoded parameter of the query.
package struct QueryItem: Sendable, Equatable {
  /// The part before the first `=`.
  package let name: String
  /// The part after the first `=`; empty without a `=`.
  package let value: String

  /// A parameter.
  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// A request head, independent of the version of HTTP.
///
/// Keeps the bytes of the head and the offsets of its parts; text is created when it is requested,
/// so that a held request stays small.
package struct Request: Sendable {
  struct FieldOffsets {
    let nameStart, nameEnd, valueStart, valueEnd: UInt16

    init(name: Range<Int>, value: Range<Int>) {
      nameStart = UInt16(clamping: name.lowerBound)
      nameEnd = UInt16(clamping: name.upperBound)
      valueStart = UInt16(clamping: value.lowerBound)
      valueEnd = UInt16(clamping: value.upperBound)
    }

    var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }

    /// The number of bytes of one entry after a head.
    static let size = 8

    /// Reads the entry at `start`.
    init(_ bytes: [UInt8], at start: Int) {
      func number(_ offset: Int) -> UInt16 {
        UInt16(bytes[start + offset]) << 8 | UInt16(bytes[start + offset + 1])
      }
      (nameStart, nameEnd) = (number(0), number(2))
      (valueStart, valueEnd) = (number(4), number(6))
    }

    /// Appends the entry to `bytes`.
    func append(to bytes: inout [UInt8]) {
      func put(_ number: UInt16) {
        bytes.append(UInt8(number >> 8))
        bytes.append(UInt8(truncatingIfNeeded: number))
      }
      put(nameStart)
      put(nameEnd)
      put(valueStart)
      put(valueEnd)
    }
  }

  /// A range of the head, which has at most 65,535 bytes.
  struct OffsetRange {
    let start, end: UInt16
    init(_ range: Range<Int>) {
      start = UInt16(clamping: range.lowerBound)
      end = UInt16(clamping: range.upperBound)
    }
    var range: Range<Int> { Int(start)..<Int(end) }
  }

  /// The head, then the offsets of its fields: one allocation, since many requests are held.
  let head: [UInt8]
  private let headEnd: UInt16
  /// A bit for each length of a field's name: most queried fields are absent, and the bits show
  /// that without a read of the head.
  private let nameLengths: UInt64
  let methodRange, pathRange: OffsetRange
  let queryRange: OffsetRange?

  /// The method.
  package let method: Method
  /// The number after `HTTP/1.`, at most 1.
  package let minorVersion: UInt8
  /// Whether the client asks for a persistent connection.
  package let keepAlive: Bool
  /// The delimitation of the body.
  package let framing: BodyFraming
  /// Whether the client sends the body only after `100 (Continue)`.
  var expectsContinue = false
  /// Whether the connection is encrypted by TLS.
  package internal(set) var isSecure = false
  /// The address of the client.
  package let peer: PeerAddress

  /// A request whose head ends at `headEnd`, followed by the offsets of its fields.
  init(
    head: consuming [UInt8], headEnd: Int, line: RequestLine, keepAlive: Bool,
    framing: BodyFraming, peer: PeerAddress
  ) {
    self.headEnd = UInt16(clamping: headEnd)
    methodRange = OffsetRange(line.method)
    pathRange = OffsetRange(line.path)
    queryRange = line.query.map(OffsetRange.init)
    method = Method(head[line.method])
    let bytes = head
    var lengths: UInt64 = 0
    var start = headEnd
    while start < bytes.count {
      lengths |= Self.bit(FieldOffsets(bytes, at: start).name.count)
      start += FieldOffsets.size
    }
    nameLengths = lengths
    self.head = bytes
    minorVersion = line.minorVersion
    self.keepAlive = keepAlive
    self.framing = framing
    self.peer = peer
  }

  /// The request of an exchange whose head is malformed.
  static let unknown = Request(
    head: [], headEnd: 0,
    line: RequestLine(method: 0..<0, path: 0..<0, query: nil, minorVersion: 1), keepAlive: false,
    framing: .none, peer: .none)

  /// The number of bytes of the head.
  package var headSize: Int { Int(headEnd) }

  /// The offsets of the fields.
  private var fieldOffsets: some Sequence<FieldOffsets> {
    stride(from: Int(headEnd), to: head.count, by: FieldOffsets.size).lazy.map {
      FieldOffsets(head, at: $0)
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
      segments.append(percentDecoded(head[start..<end]))
      start = end + 1
    }
    segments.append(percentDecoded(head[start..<path.upperBound]))
    return segments
  }
  /// The first path segment.
  package var firstPathSegment: String {
    let path = head[pathRange.range].dropFirst()
    return percentDecoded(path.prefix { $0 != UInt8(ascii: "/") })
  }
  /// The part after the `?`, as it was sent; nil without a `?`.
  package var query: String? { queryRange.map { text($0.range) } }

  /// Whether the query contains `text` before percent-decoding.
  package func queryContains(_ text: StaticString) -> Bool {
    guard let queryRange else { return false }
    let wanted = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    let query = head[queryRange.range]
    return query.indices.dropLast(max(0, wanted.count - 1)).contains { start in
      unsafe query[start...].starts(with: wanted)
    }
  }

  /// The parameters of the query in their order: `+` is a space, a broken escape is unchanged.
  package var queryItems: [QueryItem] {
    guard let queryRange else { return [] }
    return head[queryRange.range].split(separator: UInt8(ascii: "&")).map { item in
      let name = item.prefix { $0 != UInt8(ascii: "=") }
      return QueryItem(
        name: percentDecoded(name, plusIsSpace: true),
        value: percentDecoded(item[name.endIndex...].dropFirst(), plusIsSpace: true))
    }
  }

  /// The value of a field, without regard to the case of its name; several values are joined by
  /// `, ` (RFC 9110 §5.3).
  package func header(_ name: String) -> String? {
    guard nameLengths & Self.bit(name.utf8.count) != 0 else { return nil }
    var found: String?
    var start = Int(headEnd)
    while start < head.count {
      let field = FieldOffsets(head, at: start)
      if isName(field.name, name) {
        let value = text(field.value)
        found = found.map { $0 + ", " + value } ?? value
      }
      start += FieldOffsets.size
    }
    return found
  }

  private static func bit(_ length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }

  /// All fields in their order.
  package var headers: [HeaderField] {
    fieldOffsets.map { HeaderField(text($0.name), text($0.value)) }
  }

  /// The request with only those fields that its answer may depend on, to be held.
  package var shrunk: Request {
    let method = head[methodRange.range]
    let path = head[pathRange.range]
    let query = queryRange.map { head[$0.range] }
    // RFC 9110 §12.5.1: `Accept: */*` is equivalent to no `Accept`.
    let kept = fieldOffsets.filter { field in
      Self.keptFields.contains { isName(field.name, $0) }
        && !(isName(field.name, "accept") && head[field.value].elementsEqual("*/*".utf8))
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(
      kept.reduce(method.count + path.count + (query?.count ?? 0)) {
        $0 + $1.name.count + $1.value.count + FieldOffsets.size
      })
    func move(_ piece: ArraySlice<UInt8>) -> Range<Int> {
      bytes += piece
      return bytes.count - piece.count..<bytes.count
    }
    let line = RequestLine(
      method: move(method), path: move(path), query: query.map { move($0) },
      minorVersion: minorVersion)
    let moved = kept.map { field in
      let name = move(head[field.name])
      return FieldOffsets(name: name, value: move(head[field.value]))
    }
    let end = bytes.count
    for field in moved { field.append(to: &bytes) }
    var request = Request(
      head: bytes, headEnd: end, line: line, keepAlive: keepAlive, framing: framing, peer: peer)
    request.isSecure = isSecure
    return request
  }

  /// Whether the request is large enough to be shrunk while it is held.
  var isLarge: Bool { head.count > 192 }

  private static let keptFields = [
    "accept", "accept-encoding", "cdn-origin-assist-prefetch-enabled", "host", "if-none-match",
    "if-range", "range",
  ]

  private func isName(_ range: Range<Int>, _ name: String) -> Bool {
    let wanted = name.utf8
    guard range.count == wanted.count else { return false }
    var index = range.lowerBound
    for octet in wanted {
      guard lowercased(head[index]) == lowercased(octet) else { return false }
      index += 1
    }
    return true
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: head[range], as: UTF8.self)
  }
}

extension Method {
  init(_ token: ArraySlice<UInt8>) {
    self =
      switch String(decoding: token, as: UTF8.self) {
      case "GET": .get
      case "HEAD": .head
      case "OPTIONS": .options
      case "POST": .post
      case "PUT": .put
      case "DELETE": .delete
      default: .other
      }
  }
}
