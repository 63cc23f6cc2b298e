// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing

/// A file as it is, and compressed.
struct NegotiatedFile: Sendable {
  private let plain: PreparedResponse
  private let compressed: PreparedResponse

  /// Compresses a file.
  init(_ bytes: [UInt8], _ fields: [HeaderField], tag: String) {
    let body = SharedBytes(bytes)
    self.init(plain: [body], compressed: Gzip.compress(body).map { [$0] }, fields, tag: tag)
  }

  /// A file in pieces, and the pieces of its gzip member; nil for none.
  init(
    plain: [SharedBytes], compressed: [SharedBytes]?, _ fields: [HeaderField], tag: String
  ) {
    let vary = HeaderField("Vary", "Accept-Encoding")
    let response = PreparedResponse(
      status: 200, fields: fields + [vary, RestartETag.of(tag)], body: plain)
    self.plain = response
    self.compressed =
      compressed.map {
        PreparedResponse(
          status: 200,
          fields: fields + [
            vary, HeaderField("Content-Encoding", "gzip"), RestartETag.of("\(tag)-z"),
          ], body: $0)
      } ?? response
  }

  /// The response to a client, by the codings that it accepts.
  func response(to request: Request) -> PreparedResponse {
    request.accepts(coding: "gzip") ? compressed : plain
  }
}
