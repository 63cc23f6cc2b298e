// SPDX-License-Identifier: Apache-2.0

extension Request {
  private static let acceptEncodingLength = bit("accept-encoding".utf8.count)

  /// Whether `Accept-Encoding` names `coding`, in lower case, or `*` with a weight above zero.
  ///
  /// Without the field only the uncompressed body is sent. The octets of the head are compared
  /// where they are: each request of a playlist asks, and lists of strings cost a third of it.
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
