// SPDX-License-Identifier: Apache-2.0

package import Net
package import Sharing

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
