// SPDX-License-Identifier: Apache-2.0

import Net

extension Request {
  /// The request with only those fields that its response may depend on, to be held.
  ///
  /// The fields have at most 1 KB; further ones are left out, as if the client had not sent them.
  package var shrunk: Request {
    let opensSocket = connectProtocol == .webSocket || header("upgrade") != nil
    return reduced(
      to: opensSocket ? Self.keptFields + Self.socketFields : Self.keptFields,
      ofAtMost: Self.keptBytes)
  }

  /// Leaves only those fields on which the response of a held request may depend.
  ///
  /// - Returns: false if the request is still too large to be held.
  mutating func reduceToHold() -> Bool {
    guard head.count > Self.smallBytes else { return true }
    self = shrunk
    return head.count <= Self.heldBytes
  }

  /// Leaves only those parts that the record of the response needs: the first KB of the target, and
  /// the trace.
  ///
  /// Requests of browsers are smaller, and most end at once.
  mutating func reduceToRecord() {
    guard head.count > Self.recordedBytes else { return }
    self = reduced(
      to: ["traceparent"], ofAtMost: 128, method: Self.maximumMethodLength,
      target: Self.recordedTarget)
  }

  private func reduced(
    to names: [String], ofAtMost fieldBytes: Int, method: Int = .max, target: Int = .max
  ) -> Request {
    let method = head[methodRange.range].prefix(method)
    let path = head[pathRange.range].prefix(target)
    // bounded: a range of the head
    let query = queryRange.map { head[$0.range].prefix(target - path.count) }
    var left = fieldBytes
    let kept = fieldOffsets.filter { field in
      // RFC 9110 §12.5.1: `Accept: */*` is equivalent to no `Accept`.
      guard names.contains(where: { isName(field.name, $0) }),
        !(isName(field.name, "accept") && head[field.value].elementsEqual("*/*".utf8))
      else { return false }
      // bounded: a field of one head
      let size = field.name.count + field.value.count + FieldOffsets.size
      guard size <= left else { return false }
      left -= size
      return true
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
    var end = bytes.count
    let headEnd = end
    // bounded: fields of one head
    bytes.append(contentsOf: repeatElement(0, count: moved.count * FieldOffsets.size))
    var lengths: UInt64 = 0
    var span = bytes.mutableSpan
    for field in moved {
      field.write(to: &span, at: end)
      lengths |= Self.bit(field.name.count)
      end += FieldOffsets.size
    }
    var request = Request(
      head: bytes, headEnd: headEnd, line: line, method: self.method, nameLengths: lengths,
      keepAlive: keepAlive, framing: framing, peer: peer)
    request.version = version
    request.isSecure = isSecure
    request.certificate = certificate
    request.isChecked = isChecked
    request.hasPathPrefix = hasPathPrefix
    request.connectProtocol = connectProtocol
    return request
  }

  /// The bytes of a request above which it is shrunk while it is held.
  private static let smallBytes = 192
  /// The maximum number of bytes of a held request: its target and its fields.
  static let heldBytes = 2048
  /// The bytes of a request above which it is reduced to its record after its response has begun.
  private static let recordedBytes = 1024
  /// The maximum number of bytes of the fields of a held request.
  private static let keptBytes = 1024
  /// The access log has the first 1,024 bytes of a target; one more shows that it was longer.
  private static let recordedTarget = 1025
  private static let maximumMethodLength = 64

  private static let keptFields = [
    "accept", "accept-encoding", "cdn-origin-assist-prefetch-enabled", "host", "if-match",
    "if-none-match", "if-range", "range", "traceparent",
  ]
  /// The fields of a request that opens a WebSocket.
  private static let socketFields = [
    "connection", "origin", "sec-websocket-extensions", "sec-websocket-key",
    "sec-websocket-protocol", "sec-websocket-version", "upgrade",
  ]
}
