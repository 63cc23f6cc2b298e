// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// A field section of HTTP/2 while it is received, and its request.
///
/// The library has checked that pseudo-fields are first and not repeated, that names and values are
/// valid, and that no field belongs to a connection (RFC 9113 §8.2, §8.3).
struct HTTP2RequestHead {
  let stream: Int32
  /// When the section began.
  let since: MonotonicTime
  /// RFC 9113 §6.5.2: "the uncompressed length of the name and value … plus an overhead of 32".
  private(set) var listSize = 0
  private(set) var fieldCount = 0
  /// The values of the pseudo-fields, then the lines of the other fields except `host`.
  private var text: [UInt8] = []
  private var method = 0..<0
  private var path = 0..<0
  private var authority: Range<Int>?
  private var host: [UInt8]?
  /// The protocol of an extended CONNECT request, which the library accepts with CONNECT only.
  private var connectProtocol: Request.ConnectProtocol?
  /// Where the lines begin; nil before the first one.
  private var linesStart: Int?
  private var lineCount = 0
  private var hasControl = false
  private let limits: HeadLimits

  init(stream: Int32, since: MonotonicTime, limits: HeadLimits) {
    self.stream = stream
    self.since = since
    self.limits = limits
    text.reserveCapacity(224)
  }

  /// Whether the section is too large to be a mistake of a client; then the connection ends.
  // bounded: settings
  var isBomb: Bool { listSize > 4 * limits.headBytes || fieldCount > 10 * limits.fieldCount }

  mutating func take(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
    listSize += name.count + value.count + 32
    fieldCount += 1
    guard listSize <= limits.headBytes, fieldCount <= limits.fieldCount else { return }
    // A line end in a value would start another field of the HTTP/1.1 head.
    let isControl = { (octet: UInt8) in octet < 0x20 && octet != 0x09 || octet == 0x7F }
    if unsafe name.contains(where: isControl) || value.contains(where: isControl) {
      hasControl = true
    }
    if unsafe name.first == UInt8(ascii: ":") {
      // A pseudo-field after another field would be taken for a line.
      if linesStart != nil { hasControl = true }
      let range = text.count..<text.count + value.count
      unsafe text.append(contentsOf: value)
      let names = unsafe name.span
      if names.equals(":method", in: names.indices) {
        method = range
      } else if names.equals(":path", in: names.indices) {
        path = range
      } else if names.equals(":authority", in: names.indices) {
        authority = range
      } else if names.equals(":protocol", in: names.indices) {
        // RFC 8441 §4: a token of the registry of upgrades; RFC 9110 §7.8: without regard to case.
        let isSocket = unsafe value.span.equalsLowercased("websocket", in: 0..<value.count)
        connectProtocol = isSocket ? .webSocket : .other
      }
    } else if unsafe name.span.equals("host", in: 0..<name.count) {
      host = unsafe Array(value)
    } else {
      if linesStart == nil { linesStart = text.count }
      unsafe text.append(contentsOf: name)
      text.append(UInt8(ascii: ":"))
      text.append(0x20)
      unsafe text.append(contentsOf: value)
      text.append(0x0D)
      text.append(0x0A)
      lineCount += 1
    }
  }

  /// RFC 9113 §8.3.1: a `Host` that "identifies an entity that differs from the entity in the
  /// ":authority"" makes the request malformed.
  var isMalformed: Bool {
    guard let authority, let host else { return false }
    return !text[authority].elementsEqual(host) { lowercased($0) == lowercased($1) }
  }

  /// The request, parsed by the rules of HTTP/1.1.
  ///
  /// - Parameters:
  ///   - hasBody: whether the HTTP/2 stream continues after the section.
  ///   - peer: the address of the client.
  /// - Returns: the request.
  /// - Throws: the reason for which an HTTP/1.1 request would be refused.
  func request(hasBody: Bool, peer: PeerAddress) throws(RequestParseError) -> Request {
    guard listSize <= limits.headBytes else { throw .headTooLarge(limit: limits.headBytes) }
    guard fieldCount <= limits.fieldCount else { throw .tooManyFields(limit: limits.fieldCount) }
    // RFC 9113 §8.3.1: ":path" is a path and query, or "*".
    let isPath = !path.isEmpty && text[path.lowerBound] == UInt8(ascii: "/")
    guard isPath || text.span.equals("*", in: path) else { throw .badTarget }
    guard !hasControl else { throw .controlCharacter }
    // bounded: as many lines as `fieldCount` permits
    let offsetsSize = (lineCount + 1) * Request.FieldOffsets.size
    var head: [UInt8] = []
    head.reserveCapacity(text.count + (host?.count ?? 0) + 32 + offsetsSize)
    unsafe text.withUnsafeBufferPointer { text in
      unsafe head.append(contentsOf: UnsafeBufferPointer(rebasing: text[method]))
      head.append(0x20)
      unsafe head.append(contentsOf: UnsafeBufferPointer(rebasing: text[path]))
      Self.append(" HTTP/1.1\r\nhost: ", to: &head)
      if let authority {
        unsafe head.append(contentsOf: UnsafeBufferPointer(rebasing: text[authority]))
      } else {
        head.append(contentsOf: host ?? [])
      }
      Self.append("\r\n", to: &head)
      unsafe head.append(
        // bounded: a place in `text`
        contentsOf: UnsafeBufferPointer(rebasing: text[(linesStart ?? text.count)...]))
      Self.append("\r\n", to: &head)
    }
    let headEnd = head.count
    head.append(contentsOf: repeatElement(0, count: offsetsSize))
    var request = try Request(
      head: head, headEnd: headEnd, from: 0, limits: limits, peer: peer, hasBody: hasBody)
    request.connectProtocol = connectProtocol
    request.version = .http2
    return request
  }

  private static func append(_ text: StaticString, to head: inout [UInt8]) {
    unsafe head.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
