// SPDX-License-Identifier: Apache-2.0

import Checked
package import Net
package import Sharing
import Time

/// A complete response, rendered once and used for any number of requests on any loop.
///
/// Contains the rendered heads, except for the fields that differ between responses: `Date`,
/// `Connection` and fields of a single request. Sending it costs a retain and one system call.
package final class PreparedResponse: Sendable {
  /// The status code.
  package let status: Int
  /// The fields without `Content-Length`, which is derived from the body.
  package let fields: [HeaderField]
  /// The body in pieces; empty for 1xx, 204 and 304.
  package let body: [ByteSlice]
  /// The rest of the body after ``body``; nil for none.
  package let files: FileBytes?
  /// The number of bytes of the body.
  package let contentLength: Int
  /// Status line and fields, `Content-Length` last if present; without the empty line.
  let head: SharedBytes
  /// The number of bytes of `head` before `Content-Length`.
  let lengthOffset: Int
  /// The head for HTTP/2.
  let block: FieldBlock
  /// The value of its `Priority` field.
  let priority: ResponsePriority?
  /// The value of its `ETag` field.
  let entityTag: String?

  /// A response whose body is the concatenation of `body`.
  package convenience init(status: Int, fields: [HeaderField], body: [SharedBytes] = []) {
    self.init(status: status, fields: fields, slices: body.map { ByteSlice($0) })
  }

  /// A response whose body is the concatenation of `slices`.
  package convenience init(status: Int, fields: [HeaderField], slices: [ByteSlice]) {
    self.init(status: status, fields: fields, slices: slices, files: nil)
  }

  /// A response whose body is the concatenation of `slices`, and of `files` after them.
  package init(
    status: Int, fields: [HeaderField], slices: [ByteSlice] = [], files: FileBytes?
  ) {
    // RFC 9110 §6.4.1, §8.6: 1xx, 204 and 304 have no content; 1xx and 204 have no Content-Length,
    // and a 304 may omit it.
    let hasBody = status >= 200 && status != 204 && status != 304
    self.status = status
    self.fields = fields
    body = hasBody ? slices.filter { $0.count > 0 } : []
    self.files = hasBody ? files.flatMap { $0.count > 0 ? $0 : nil } : nil
    contentLength = body.reduce(self.files?.count ?? 0) { $0 + $1.count }
    var head = Array("HTTP/1.1 \(status) \(StatusCode.reason(status))\r\n".utf8)
    for field in fields { field.append(to: &head) }
    lengthOffset = head.count
    if hasBody { HeaderField("Content-Length", String(contentLength)).append(to: &head) }
    self.head = SharedBytes(head)
    block = FieldBlock(
      status: status, fields: fields, contentLength: hasBody ? contentLength : nil)
    priority = ResponsePriority(fields.first { $0.isNamed("priority") }?.value)
    entityTag = fields.first { $0.isNamed("etag") }?.value
  }

  /// Appends the body to a batch; this response must live until the batch is written.
  func appendBody(to batch: WriteBatch) {
    for index in 0..<body.count { batch.append(body[index]) }
  }

  /// One line of plain text.
  package static func text(
    _ status: Int, _ line: String, fields: [HeaderField] = []
  ) -> PreparedResponse {
    PreparedResponse(
      status: status,
      fields: [HeaderField("Content-Type", "text/plain; charset=utf-8")] + fields,
      body: [SharedBytes(line + "\n")])
  }

  /// The value of a field, without regard to the case of its name.
  package func header(_ name: String) -> String? {
    fields.first { $0.isNamed(name) }?.value
  }
}

/// The end of every HTTP/1.1 head: `Date`, `Connection` if needed, the empty line.
///
/// Rendered once per second for all responses of a loop.
struct HeadSuffix {
  private var validUntil = MonotonicTime.distantPast
  private var persistent = SharedBytes([])
  private var closing = SharedBytes([])
  private var keptAlive = SharedBytes([])
  private var dateText = SharedBytes([])

  /// The `Connection` field of a head.
  enum Persistence {
    /// No field: an HTTP/1.1 connection persists by default.
    case implied
    /// `keep-alive`, which HTTP/1.0 requires.
    case told
    /// `close`.
    case closes
  }

  /// Appends the end of a head that is written at the monotonic time `now`; it lives until a later
  /// time is given.
  mutating func append(_ persistence: Persistence, to batch: WriteBatch, now: MonotonicTime) {
    if now >= validUntil { renew(now) }
    switch persistence {
    case .implied: batch.append(persistent)
    case .told: batch.append(keptAlive)
    case .closes: batch.append(closing)
    }
  }

  /// The value of `Date` alone.
  mutating func date(now: MonotonicTime) -> SharedBytes {
    if now >= validUntil { renew(now) }
    return dateText
  }

  private mutating func renew(_ now: MonotonicTime) {
    let wall = SystemClock.wallTime - .origin
    validUntil = now + (.seconds(wall.wholeSeconds + 1) - wall)
    let text = HTTPDate.text(Int(wall.wholeSeconds))
    dateText = SharedBytes(text)
    let date = "Date: \(text)\r\n"
    persistent = SharedBytes(date + "\r\n")
    closing = SharedBytes(date + "Connection: close\r\n\r\n")
    keptAlive = SharedBytes(date + "Connection: keep-alive\r\n\r\n")
  }
}

/// Dates of HTTP heads: IMF-fixdate, as in `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// - Source: RFC 9110 §5.6.7
package enum HTTPDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The dates that four digits of a year can express: 0000-03-01 to 9999-12-31.
  private static let range = -62_162_035_200...253_402_300_799

  /// The date `seconds` after 1970-01-01T00:00:00Z, which may be negative.
  package static func text(_ seconds: Int) -> String {
    let seconds = min(range.upperBound, max(range.lowerBound, seconds))
    let time = ((seconds % 86_400) + 86_400) % 86_400
    let day = (seconds - time) / 86_400
    let date = CivilDate(daysSince1970: Int64(day))
    let weekday = days[((day % 7) + 7) % 7]
    func two(_ number: Int) -> String { padded("\(number)", to: 2) }
    return "\(weekday), \(two(Int(date.day))) \(months[Int(date.month) - 1]) "
      + "\(padded("\(date.year)", to: 4)) "
      + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
  }
}
