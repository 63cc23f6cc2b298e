// SPDX-License-Identifier: Apache-2.0

package import Net
package import Sharing

/// A whole answer, made once and given to any number of requests on any loop.
///
/// Its heads are made here, but for what differs from answer to answer: `Date`, `Connection`
/// and fields of the single request. To give it costs a retain and one system call.
package final class PreparedResponse: Sendable {
  /// The status code.
  package let status: Int
  /// The fields as given; without `Content-Length`, which follows from the body.
  package let fields: [HeaderField]
  /// The body in pieces; empty for 1xx, 204 and 304.
  package let body: [ByteSlice]
  /// Bytes of the body.
  package let contentLength: Int
  /// Status line and fields, `Content-Length` last where there is one; without the empty line.
  let head: SharedBytes
  /// How much of `head` comes before `Content-Length`.
  let lengthOffset: Int
  /// The same head for HTTP/2.
  let block: FieldBlock
  /// What its `Priority` field says.
  let priority: ResponsePriority?
  /// The value of its `ETag` field.
  let entityTag: String?

  /// A response whose body is the concatenation of `body`.
  package convenience init(status: Int, fields: [HeaderField], body: [SharedBytes] = []) {
    self.init(status: status, fields: fields, slices: body.map { ByteSlice($0) })
  }

  /// A response whose body is the concatenation of `slices`.
  package init(status: Int, fields: [HeaderField], slices: [ByteSlice]) {
    // RFC 9110 §6.4.1, §8.6: these have no content; 204 and 1xx no Content-Length either, and that
    // of a 304 may be left out.
    let hasBody = status >= 200 && status != 204 && status != 304
    self.status = status
    self.fields = fields
    body = hasBody ? slices.filter { $0.count > 0 } : []
    contentLength = body.reduce(0) { $0 + $1.count }
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

  /// One line of plain text.
  package static func text(
    _ status: Int, _ line: String, fields: [HeaderField] = []
  ) -> PreparedResponse {
    PreparedResponse(
      status: status,
      fields: [HeaderField("Content-Type", "text/plain; charset=utf-8")] + fields,
      body: [SharedBytes(line + "\n")])
  }

  /// The value of a field, whatever the case of its name.
  package func header(_ name: String) -> String? {
    fields.first { $0.isNamed(name) }?.value
  }
}
