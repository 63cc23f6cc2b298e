// SPDX-License-Identifier: Apache-2.0

import Net

/// The request of a `Range` field, for a body of known length.
///
/// - Source: RFC 9110 §14.1.2, §14.2
package enum ByteRange: Sendable, Equatable {
  /// All bytes: no range, several ranges, another unit, or an invalid field, which are ignored.
  case whole
  /// The bytes in the range, which is not empty.
  case part(Range<Int>)
  /// No byte of the body.
  case unsatisfiable

  /// Reads `value` for a body of `length` bytes; a nil value is a missing field.
  package init(_ value: String?, length: Int) {
    self = .whole
    guard let value else { return }
    let bytes = Array(value.utf8)
    // bounded: more than six bytes
    guard bytes.count > 6, bytes[..<6].map(lowercased).elementsEqual("bytes=".utf8) else { return }
    // bounded: more than six bytes
    let specification = trimmed(bytes[6...])
    guard let dash = specification.firstIndex(of: UInt8(ascii: "-")),
      let first = Self.position(specification[..<dash]),
      let last = Self.position(specification[(dash + 1)...])
    else { return }
    switch (first, last) {
    case (nil, nil):
      return
    case (nil, let suffix?):
      self = suffix == 0 || length == 0 ? .unsatisfiable : .part(max(0, length - suffix)..<length)
    case (let first?, let last):
      if let last, last < first { return }
      guard first < length else {
        self = .unsatisfiable
        return
      }
      self = .part(first..<min(last ?? length - 1, length - 1) + 1)
    }
  }

  /// The value of digits, saturated; `.some(nil)` without digits, nil for other characters.
  private static func position(_ digits: ArraySlice<UInt8>) -> Int?? {
    guard digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    if digits.isEmpty { return .some(nil) }
    var value = 0
    for digit in digits {
      guard value < Int.max / 16 else { return .some(Int.max / 2) }
      // bounded: below Int.max / 16
      value = value * 10 + Int(digit - 0x30)
    }
    return .some(value)
  }
}

extension PreparedResponse {
  /// The field that announces support for ranges; for whole responses.
  package static let acceptRanges = HeaderField("Accept-Ranges", "bytes")

  /// This response, or the part of it that `request` asks for: 206, or 416.
  ///
  /// Only a 200 to GET is cut (RFC 9110 §14.2). An `If-Range` other than the strong `ETag` asks for
  /// the whole (§13.1.5). The part consists of slices of the same bytes.
  package func ranged(_ request: Request) -> PreparedResponse {
    guard status == 200, request.method == .get, let value = request.header("range") else {
      return self
    }
    // §13.2.2: a range counts after the conditions that decide on the whole.
    let conditional = conditional(request)
    guard conditional === self else { return conditional }
    if let condition = request.header("if-range") {
      guard let tag = entityTag, !tag.hasPrefix("W/"), tag == condition else { return self }
    }
    switch ByteRange(value, length: contentLength) {
    case .whole:
      return self
    case .part(let range):
      let content = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(contentLength)"
      return PreparedResponse(
        status: 206, fields: fields + [HeaderField("Content-Range", content)],
        slices: Self.cut(body, range), files: files.map { cut($0, range) })
    case .unsatisfiable:
      // Fields that permit the storage of the whole must not permit the storage of this response.
      let kept = fields.filter { field in
        !["cache-control", "content-type", "etag", "last-modified"].contains { field.isNamed($0) }
      }
      return PreparedResponse(
        status: 416,
        fields: kept + [
          HeaderField("Cache-Control", "no-store"),
          HeaderField("Content-Range", "bytes */\(contentLength)"),
        ])
    }
  }

  /// The bytes of files in a range of the whole body.
  private func cut(_ files: FileBytes, _ range: Range<Int>) -> FileBytes {
    let start = contentLength - files.count
    return files.cut(max(0, range.lowerBound - start)..<max(0, range.upperBound - start))
  }

  private static func cut(_ body: [ByteSlice], _ range: Range<Int>) -> [ByteSlice] {
    var slices: [ByteSlice] = []
    var cursor = SliceCursor()
    cursor.advance(range.lowerBound, in: body)
    var left = range.count
    while left > 0, let slice = cursor.next(left, of: body) {
      slices.append(slice)
      left -= slice.count
    }
    return slices
  }
}
