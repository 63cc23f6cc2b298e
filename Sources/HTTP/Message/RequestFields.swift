// SPDX-License-Identifier: Apache-2.0

package import Net

/// The fields of a head that determine the connection and the body, collected line by line.
struct RequestFields {
  private var hostCount = 0
  private var lengths: [Int] = []
  private var codings: [String] = []
  private var hasTransferEncoding = false
  private var hasClose = false
  private var hasKeepAlive = false
  private var hasUnknownExpectation = false
  private var hasContinue = false

  /// Adds a field of `head`.
  mutating func take(
    _ head: borrowing Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>
  ) throws(RequestParseError) {
    // Only names of these lengths are compared.
    switch name.count {
    case 6 where head.equalsLowercased("expect", in: name):
      for token in FieldList.tokens(head.array(value)[...]) {
        if token == "100-continue" { hasContinue = true } else { hasUnknownExpectation = true }
      }
    case 4 where head.equalsLowercased("host", in: name):
      hostCount += 1
      guard isHost(head, value) else { throw .badHost }
    case 10 where head.equalsLowercased("connection", in: name):
      for token in FieldList.tokens(head.array(value)[...]) {
        if token == "close" { hasClose = true }
        if token == "keep-alive" { hasKeepAlive = true }
      }
    case 14 where head.equalsLowercased("content-length", in: name):
      // RFC 9112 §6.3: a list or several lines are refused even if all values are equal.
      guard !value.isEmpty, value.count <= 18,
        head.allSatisfy(in: value, { $0 >= 0x30 && $0 <= 0x39 })
      else { throw .badFraming }
      // bounded: at most 18 digits
      lengths.append(head.array(value).reduce(0) { $0 * 10 + Int($1 - 0x30) })
    case 17 where head.equalsLowercased("transfer-encoding", in: name):
      hasTransferEncoding = true
      codings += FieldList.tokens(head.array(value)[...])
    default:
      break
    }
  }

  /// Whether there is a `Host`.
  var hasHost: Bool { hostCount > 0 }

  /// RFC 9112 §3.2: exactly one `Host` in HTTP/1.1, at most one in HTTP/1.0.
  func checkHost(minorVersion: UInt8) throws(RequestParseError) {
    guard hostCount == 1 || hostCount == 0 && minorVersion == 0 else { throw .badHost }
  }

  /// RFC 9112 §6.1, §6.3.
  func framing(minorVersion: UInt8) throws(RequestParseError) -> BodyFraming {
    guard lengths.count <= 1 else { throw .badFraming }
    guard hasTransferEncoding else {
      return lengths.first.map { $0 == 0 ? .none : .contentLength($0) } ?? .none
    }
    guard lengths.isEmpty, minorVersion > 0, !codings.isEmpty else { throw .badFraming }
    guard codings.allSatisfy({ $0 == "chunked" }) else {
      // Chunked must be the last and only once; else the end of the body cannot be known.
      throw codings.dropLast().contains("chunked") ? .badFraming : .unknownTransferCoding
    }
    guard codings.count == 1 else { throw .badFraming }
    return .chunked
  }

  /// Whether the client waits for `100 (Continue)`.
  ///
  /// RFC 9110 §10.1.1: any other expectation is refused; HTTP/1.0 has none.
  func expectsContinue(minorVersion: UInt8) throws(RequestParseError) -> Bool {
    guard minorVersion > 0 else { return false }
    if hasUnknownExpectation { throw .unknownExpectation }
    return hasContinue
  }

  /// RFC 9112 §9.3.
  func keepAlive(minorVersion: UInt8) -> Bool {
    !hasClose && (minorVersion > 0 || hasKeepAlive)
  }
}

/// The bytes without spaces and tabs (OWS) at both ends.
func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  var rest = bytes
  while let first = rest.first, first == 0x20 || first == 0x09 { rest = rest.dropFirst() }
  while let last = rest.last, last == 0x20 || last == 0x09 { rest = rest.dropLast() }
  return rest
}

extension Request {
  /// Parses a complete head from `start` on; its lines must end with CR LF and contain no control
  /// characters.
  ///
  /// - Parameters:
  ///   - whole: the head, and after it `FieldOffsets.size` bytes for each field.
  ///   - headEnd: the end of the head.
  ///   - start: the start of the request line.
  ///   - limits: the limits of the head.
  ///   - peer: the address of the client.
  ///   - hasBody: nil if the fields delimit the body, as in HTTP/1.1.
  /// - Throws: the reason to refuse the request.
  init(
    head whole: consuming [UInt8], headEnd: Int, from start: Int, limits: HeadLimits,
    peer: PeerAddress, hasBody: Bool? = nil
  ) throws(RequestParseError) {
    var (head, headEnd) = (whole, headEnd)
    var bytes = head.mutableSpan
    var end = Self.lineEnd(bytes.span, start, headEnd)
    let line = try RequestLine(bytes.span, start..<end, limits: limits)
    let method = Method(bytes.span, line.method)
    if line.isServerWide { bytes[line.path.lowerBound] = UInt8(ascii: "*") }
    var fields = RequestFields()
    var nameLengths: UInt64 = 0
    var offsets = headEnd
    var position = end + 2
    while position <= headEnd {
      end = Self.lineEnd(bytes.span, position, headEnd)
      if end == position { break }
      var (name, value) = try Self.field(bytes.span, position..<end)
      try fields.take(bytes.span, name, value)
      if let authority = line.authority, bytes.span.equalsLowercased("host", in: name) {
        // RFC 9112 §3.2.2: an origin server "MUST ignore the received Host header field (if any)
        // and instead use the host information of the request-target."
        value = authority
      }
      nameLengths |= Self.bit(name.count)
      guard offsets + FieldOffsets.size <= bytes.count else { throw .malformedField }
      FieldOffsets(name: name, value: value).write(to: &bytes, at: offsets)
      offsets += FieldOffsets.size
      position = end + 2
    }
    try fields.checkHost(minorVersion: line.minorVersion)
    var framing = try fields.framing(minorVersion: line.minorVersion)
    let expectsContinue = try fields.expectsContinue(minorVersion: line.minorVersion)
    if hasBody == true, framing == .none { framing = .chunked }
    if hasBody == false { framing = .none }
    if offsets < head.count { head.removeLast(head.count - offsets) }
    if let authority = line.authority, !fields.hasHost {
      nameLengths |= Self.addHost(authority, to: &head, &headEnd)
    }
    self.init(
      head: head, headEnd: headEnd, line: line, method: method, nameLengths: nameLengths,
      keepAlive: fields.keepAlive(minorVersion: line.minorVersion), framing: framing, peer: peer)
    self.expectsContinue = expectsContinue && framing != .none
  }

  /// Adds a `Host` with the value at `authority` to a head of HTTP/1.0 and its offsets.
  ///
  /// - Returns: the bit of its name.
  private static func addHost(
    _ authority: Range<Int>, to head: inout [UInt8], _ headEnd: inout Int
  ) -> UInt64 {
    let name = headEnd..<headEnd + 4  // bounded: the size of a head
    head.insert(contentsOf: "host".utf8, at: headEnd)
    headEnd = name.upperBound
    head.append(contentsOf: repeatElement(0, count: FieldOffsets.size))
    var bytes = head.mutableSpan
    // bounded: the entry was appended
    FieldOffsets(name: name, value: authority)
      .write(to: &bytes, at: bytes.count - FieldOffsets.size)
    return bit(name.count)
  }

  /// The ranges of a field's name and value.
  ///
  /// RFC 9112 §5.1: no space before the colon; §5.2: a line that begins with one is obs-fold.
  private static func field(
    _ head: borrowing Span<UInt8>, _ line: Range<Int>
  ) throws(RequestParseError) -> (name: Range<Int>, value: Range<Int>) {
    var colon = line.lowerBound
    while colon < line.upperBound, isTokenCharacter(head[colon]) { colon += 1 }
    guard colon > line.lowerBound, colon < line.upperBound, head[colon] == UInt8(ascii: ":") else {
      throw .malformedField
    }
    return (line.lowerBound..<colon, head.trimmed(colon + 1..<line.upperBound))
  }

  /// A request from its parts: one of a proxy about another request, or one of a test.
  package init(
    _ method: String, _ target: String, _ fields: [HeaderField] = [], peer: PeerAddress = .none
  ) throws(RequestParseError) {
    var head = Array("\(method) \(target) HTTP/1.1\r\n".utf8)
    if !fields.contains(where: { $0.isNamed("host") }) { head += Array("Host: \r\n".utf8) }
    for field in fields { field.append(to: &head) }
    head += [0x0D, 0x0A]
    var parser = RequestHeadParser()
    var position = 0
    guard let request = try parser.next(head.span, &position, peer: peer) else {
      throw .malformedRequestLine
    }
    self = request
  }

  private static func lineEnd(
    _ head: borrowing Span<UInt8>, _ start: Int, _ headEnd: Int
  ) -> Int {
    head.position(of: 0x0D, in: start..<headEnd) ?? headEnd
  }
}

/// The delimitation of a request body.
///
/// - Source: RFC 9112 §6.3
package enum BodyFraming: Sendable, Equatable {
  case none
  case contentLength(Int)
  case chunked
}

extension Request {
  private static let acceptEncodingLength = bit("accept-encoding".utf8.count)

  /// Whether `Accept-Encoding` accepts `coding`, which is given in lower case.
  ///
  /// Its own weight counts before that of `*`. Without the field only the uncompressed body is
  /// sent. The octets are compared in the head: each request for a playlist needs this, and lists
  /// of strings were three tenths of its cost.
  /// - Source: RFC 9110 §12.5.3
  package func accepts(coding: StaticString) -> Bool {
    guard hasNames(ofLengths: Self.acceptEncodingLength) else { return false }
    let bytes = head.span
    var acceptsAny = false
    for start in stride(from: headSize, to: head.count, by: FieldOffsets.size) {
      let field = FieldOffsets(bytes, at: start)
      guard bytes.equalsLowercased("accept-encoding", in: field.name) else { continue }
      var rest = field.value
      while !rest.isEmpty {
        let item = bytes.prefix(of: rest, to: UInt8(ascii: ","))
        let name = bytes.prefix(of: item, to: UInt8(ascii: ";"))
        let weight = name.upperBound..<item.upperBound
        let coded = bytes.trimmed(name)
        if bytes.equalsLowercased(coding, in: coded) { return !Self.hasZeroWeight(bytes, weight) }
        if bytes.equals("*", in: coded) { acceptsAny = !Self.hasZeroWeight(bytes, weight) }
        // bounded: the end of an item is at most that of the value
        rest = min(item.upperBound + 1, rest.upperBound)..<rest.upperBound
      }
    }
    return acceptsAny
  }

  /// Whether one of the parameters in `range`, each after a semicolon, is the weight zero.
  ///
  /// - Source: RFC 9110 §12.4.2
  private static func hasZeroWeight(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
    var rest = range
    while !rest.isEmpty {
      let after = rest.lowerBound + 1..<rest.upperBound  // bounded: the range is not empty
      let end = bytes.prefix(of: after, to: UInt8(ascii: ";")).upperBound
      let parameter = bytes.trimmed(after.lowerBound..<end)
      // bounded: an offset of a head
      let digits = min(parameter.lowerBound + 3, parameter.upperBound)
      if bytes.equalsLowercased("q=0", in: parameter.lowerBound..<digits),
        bytes.allSatisfy(
          in: digits..<parameter.upperBound, { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") })
      {
        return true
      }
      rest = end..<range.upperBound
    }
    return false
  }
}
