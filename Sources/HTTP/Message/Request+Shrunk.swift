// SPDX-License-Identifier: Apache-2.0

import Net

extension Request {
  /// The request with only those fields that its response may depend on, to be held.
  package var shrunk: Request {
    let method = head[methodRange.range]
    let path = head[pathRange.range]
    // bounded: a range of the head
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
    request.isSecure = isSecure
    request.isChecked = isChecked
    request.hasPathPrefix = hasPathPrefix
    return request
  }

  /// Whether the request is large enough to be shrunk while it is held.
  var isLarge: Bool { head.count > 192 }

  /// Whether the request is much larger than those of browsers, to be shrunk in any case.
  var isVeryLarge: Bool { head.count > 2048 }

  private static let keptFields = [
    "accept", "accept-encoding", "cdn-origin-assist-prefetch-enabled", "host", "if-none-match",
    "if-range", "range", "traceparent",
  ]
}
