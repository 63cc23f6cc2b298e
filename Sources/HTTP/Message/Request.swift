// SPDX-License-Identifier: Apache-2.0

package import Net

/// A request's method.
package enum Method: Sendable, Equatable {
  case get, head, options, post, put, delete
  /// Any other token; `Request.methodText` says which.
  case other
}

/// How the body of a request is delimited.
///
/// RFC 9112 §6.3.
package enum BodyFraming: Sendable, Equatable {
  case none
  case contentLength(Int)
  case chunked
}

/// A decoded parameter of the query.
package struct QueryItem: Sendable, Equatable {
  /// The part before the first `=`.
  package let name: String
  /// The part after it; empty where there is none.
  package let value: String

  /// A parameter.
  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// A request head: a value that does not say by which version of HTTP it came.
///
/// Keeps the bytes of the head and where its pieces lie in them; text is made when it is asked for,
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

    /// How many bytes one takes behind a head.
    static let size = 8

    /// Reads the one at `start`.
    init(_ bytes: [UInt8], at start: Int) {
      func number(_ offset: Int) -> UInt16 {
        UInt16(bytes[start + offset]) << 8 | UInt16(bytes[start + offset + 1])
      }
      (nameStart, nameEnd) = (number(0), number(2))
      (valueStart, valueEnd) = (number(4), number(6))
    }

    /// Writes it behind what is there.
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

  /// Where things lie in the head; a head has at most 65,535 bytes.
  struct OffsetRange {
    let start, end: UInt16
    init(_ range: Range<Int>) {
      start = UInt16(clamping: range.lowerBound)
      end = UInt16(clamping: range.upperBound)
    }
    var range: Range<Int> { Int(start)..<Int(end) }
  }

  /// The head, and behind it where its fields lie: one piece of memory, since many requests are held.
  let head: [UInt8]
  private let headEnd: UInt16
  /// A bit for each length that a field's name has: most fields that are asked for are not there, and
  /// a held request need not be touched to know that.
  private let nameLengths: UInt64
  let methodRange, pathRange: OffsetRange
  let queryRange: OffsetRange?

  /// The method.
  package let method: Method
  /// The number after `HTTP/1.`, at most 1.
  package let minorVersion: UInt8
  /// Whether the peer wants the connection to go on afterwards.
  package let keepAlive: Bool
  /// How the body is delimited.
  package let framing: BodyFraming
  /// Whether the body comes only when it was asked for with `100 (Continue)`.
  var expectsContinue = false
  /// Whether it came over TLS.
  package internal(set) var isSecure = false
  /// Who asked.
  package let peer: PeerAddress

  /// A request whose head ends at `headEnd`, with the places of its fields behind that.
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

  /// Stands for a request that could not be understood.
  static let unknown = Request(
    head: [], headEnd: 0,
    line: RequestLine(method: 0..<0, path: 0..<0, query: nil, minorVersion: 1), keepAlive: false,
    framing: .none, peer: .none)

  /// Bytes of the head, which are kept as long as the request.
  package var headSize: Int { Int(headEnd) }

  /// Where its fields lie.
  private var places: some Sequence<FieldOffsets> {
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
  /// Text only: `..` means nothing, and an escaped `/` cannot be
  /// told from a real one; `pathSegments` keeps them apart.
  package var path: String { percentDecoded(head[pathRange.range]) }
  /// The pieces between the slashes, each without percent-escapes; `/a/` is `["a", ""]`.
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
  /// The first of them, without a look at the others.
  package var firstPathSegment: String {
    let path = head[pathRange.range].dropFirst()
    return percentDecoded(path.prefix { $0 != UInt8(ascii: "/") })
  }
  /// What follows the `?`, as it was sent; nil where there is no `?`.
  package var query: String? { queryRange.map { text($0.range) } }

  /// Whether the query has this in it, still escaped.
  package func queryContains(_ text: StaticString) -> Bool {
    guard let queryRange else { return false }
    let wanted = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    let query = head[queryRange.range]
    return query.indices.dropLast(max(0, wanted.count - 1)).contains { start in
      unsafe query[start...].starts(with: wanted)
    }
  }

  /// The parameters of the query in their order: `+` is a space, a broken escape stays as it is.
  package var queryItems: [QueryItem] {
    guard let queryRange else { return [] }
    return head[queryRange.range].split(separator: UInt8(ascii: "&")).map { item in
      let name = item.prefix { $0 != UInt8(ascii: "=") }
      return QueryItem(
        name: percentDecoded(name, plusIsSpace: true),
        value: percentDecoded(item[name.endIndex...].dropFirst(), plusIsSpace: true))
    }
  }

  /// The value of a field, whatever the case of its name; several are joined by `, `
  /// (RFC 9110 §5.3).
  package func header(_ name: String) -> String? {
    guard nameLengths & Self.bit(name.utf8.count) != 0 else { return nil }
    var found: String?
    var start = Int(headEnd)
    while start < head.count {
      let place = FieldOffsets(head, at: start)
      if isName(place.name, name) {
        let value = text(place.value)
        found = found.map { $0 + ", " + value } ?? value
      }
      start += FieldOffsets.size
    }
    return found
  }

  private static func bit(_ length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }

  /// All fields in their order.
  package var headers: [HeaderField] {
    places.map { HeaderField(text($0.name), text($0.value)) }
  }

  /// The same with the path, the query and those fields alone that an answer may depend on: all that
  /// a held request keeps.
  package var shrunk: Request {
    let method = head[methodRange.range]
    let path = head[pathRange.range]
    let query = queryRange.map { head[$0.range] }
    // RFC 9110 §12.5.1: to accept anything says no more than to say nothing.
    let kept = places.filter { place in
      Self.keptFields.contains { isName(place.name, $0) }
        && !(isName(place.name, "accept") && head[place.value].elementsEqual("*/*".utf8))
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
    let moved = kept.map { place in
      let name = move(head[place.name])
      return FieldOffsets(name: name, value: move(head[place.value]))
    }
    let end = bytes.count
    for place in moved { place.append(to: &bytes) }
    var request = Request(
      head: bytes, headEnd: end, line: line, keepAlive: keepAlive, framing: framing, peer: peer)
    request.isSecure = isSecure
    return request
  }

  /// Whether it is worth while to keep less of it.
  var isLarge: Bool { head.count > 192 }

  private static let keptFields = [
    "accept", "accept-encoding", "cdn-origin-assist-prefetch-enabled", "host", "if-none-match",
    "if-range", "range",
  ]

  private func isName(_ range: Range<Int>, _ name: String) -> Bool {
    let wanted = name.utf8
    guard range.count == wanted.count else { return false }
    var place = range.lowerBound
    for octet in wanted {
      guard lowercased(head[place]) == lowercased(octet) else { return false }
      place += 1
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
