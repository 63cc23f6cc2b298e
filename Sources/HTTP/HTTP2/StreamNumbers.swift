// SPDX-License-Identifier: Apache-2.0

/// The numbers of the HTTP/2 streams that a client has opened and skipped.
///
/// Pure. A number below the greatest one belongs to an opened stream, whose HEADERS are
/// trailers, or was skipped: "The identifier of a newly established stream MUST be numerically
/// greater than all streams that the initiating endpoint has opened", else the connection ends with
/// PROTOCOL_ERROR.
/// - Source: RFC 9113 §5.1.1
package struct StreamNumbers {
  /// The maximum number of skipped ranges that are known; HEADERS in an older one are ignored.
  package static let capacity = 8

  private var greatest: Int32 = -1
  private var skipped: [ClosedRange<Int32>] = []

  /// No number so far.
  package init() {}

  /// Notes HEADERS of an HTTP/2 stream.
  ///
  /// - Returns: false if the client has skipped the number. Even numbers are left to the library.
  package mutating func begin(_ stream: Int32) -> Bool {
    guard stream > 0, !stream.isMultiple(of: 2) else { return true }
    guard stream > greatest else { return !skipped.contains { $0.contains(stream) } }
    // bounded: `greatest` is odd and below `stream`
    let next = greatest + 2
    if stream > next {
      if skipped.count == Self.capacity { skipped.removeFirst() }
      // bounded: `stream` is above 2
      skipped.append(next...(stream - 2))
    }
    greatest = stream
    return true
  }
}
