// SPDX-License-Identifier: Apache-2.0

import HTTP

/// A range of the bytes of a resource: pure.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.4.4.2, §4.4.5.3
struct ByteRange: Sendable, Equatable {
  let start: Int64
  /// Bytes; nil to the end of the resource.
  let length: Int64?

  /// Ranges without starts add up their lengths: a chain ends at the largest integer of a playlist.
  private static let largestStart: Int64 = 1 << 53

  init(start: Int64, length: Int64?) { (self.start, self.length) = (start, length) }

  /// Reads a value such as `800@0`.
  ///
  /// - Parameters:
  ///   - text: the length, and the start after `@`.
  ///   - next: the start if the text has none: the end of the range before of the same resource.
  init?(_ text: String, next: Int64?) {
    let numbers = text.split(separator: "@", omittingEmptySubsequences: false).map {
      AttributeList.integer($0)
    }
    guard numbers.count <= 2, let length = numbers.first ?? nil, length > 0,
      let start = numbers.count == 2 ? numbers[1] : next, start <= Self.largestStart
    else { return nil }
    self.init(start: start, length: length)
  }

  /// The byte after the last one; nil without a length.
  ///
  /// Both terms are at most 2^53.
  var end: Int64? { length.map { start.addingReportingOverflow($0).partialValue } }

  /// The field `Range` of a request.
  var field: HeaderField {
    // bounded: a length is above 0
    HeaderField("Range", "bytes=\(start)-" + (end.map { "\($0 - 1)" } ?? ""))
  }

  /// The bytes of this range in those of the whole resource; nil if they end before.
  func bytes(of whole: [UInt8]) -> [UInt8]? {
    guard let end, end <= Int64(whole.count), 0 <= start, start < end else { return nil }
    // bounded: 0 to the end, which is at most the number of bytes
    return Array(whole[Int(start)..<Int(end)])
  }
}

extension ValidatedOrigin {
  /// Requests a range of a resource, or all of it.
  func get(_ url: String, _ range: ByteRange?, _ meter: AgeMeter? = nil) -> Reply {
    get(url, range.map { [$0.field] } ?? [], meter)
  }
}

extension Findings {
  /// Checks the response to a request with a listed range.
  ///
  /// - Returns: whether it has the bytes of the range.
  mutating func checkRange(_ reply: Reply, _ range: ByteRange) -> Bool {
    let stated = reply.value("content-range") ?? "no Content-Range"
    var expected = "bytes \(range.start)-"
    // bounded: a length is above 0
    if let end = range.end { expected += "\(end - 1)/" }
    let count = Int64(reply.body.count)
    let isRange =
      reply.status == 206 && stated.hasPrefix(expected) && count > 0
      && count == range.length ?? count
    check(
      .listedRanges, isRange, reply.place,
      seen: "status \(reply.status), \(stated), \(count) bytes",
      expected: "status 206, \(expected)" + (range.length.map { ", \($0) bytes" } ?? ""))
    return isRange
  }
}
