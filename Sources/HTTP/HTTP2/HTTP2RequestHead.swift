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
  private var method: [UInt8] = []
  private var path: [UInt8] = []
  private var authority: [UInt8]?
  private var host: [UInt8]?
  private var lines: [UInt8] = []
  private var lineCount = 0
  private var hasControl = false
  private let limits: HeadLimits

  init(stream: Int32, since: MonotonicTime, limits: HeadLimits) {
    self.stream = stream
    self.since = since
    self.limits = limits
  }

  /// Whether the section is too large to be a mistake of a client; then the connection ends.
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
      switch unsafe String(decoding: name, as: UTF8.self) {
      case ":method": method = unsafe Array(value)
      case ":path": path = unsafe Array(value)
      case ":authority": authority = unsafe Array(value)
      default: break
      }
    } else if unsafe name.elementsEqual("host".utf8) {
      host = unsafe Array(value)
    } else {
      unsafe lines.append(contentsOf: name)
      lines += [UInt8(ascii: ":"), 0x20]
      unsafe lines.append(contentsOf: value)
      lines += [0x0D, 0x0A]
      lineCount += 1
    }
  }

  /// RFC 9113 §8.3.1: a `Host` that "identifies an entity that differs from the entity in the
  /// ":authority"" makes the request malformed.
  var isMalformed: Bool {
    guard let authority, let host else { return false }
    return !authority.elementsEqual(host) { lowercased($0) == lowercased($1) }
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
    guard path.first == UInt8(ascii: "/") || path.elementsEqual("*".utf8) else { throw .badTarget }
    guard !hasControl else { throw .controlCharacter }
    var head = method
    head.reserveCapacity(listSize + 64 + (lineCount + 1) * Request.FieldOffsets.size)
    head.append(0x20)
    head += path
    head += Array(" HTTP/1.1\r\nhost: ".utf8)
    head += authority ?? host ?? []
    head += [0x0D, 0x0A]
    head += lines
    head += [0x0D, 0x0A]
    return try Request(
      head: head, from: 0, limits: limits, peer: peer, hasBody: hasBody)
  }
}
