// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import Time

extension PreparedResponse {
  /// The response with a text that is rendered for one request, as the clock or the client decide
  /// what it contains: the text is past media from the beginning.
  static func document(
    _ text: String, status: Int = 200, fields: [HeaderField]
  ) -> PreparedResponse {
    let body = SharedBytes(text)
    PastMedia.add(texts: [body], at: SystemClock.monotonicTime)
    return PreparedResponse(status: status, fields: fields, body: [body])
  }

  /// The response with a playlist that is rendered for one request.
  static func playlist(_ text: String, _ caching: ResponseFields.Caching) -> PreparedResponse {
    .document(
      text,
      fields: ResponseFields.fields(
        "application/vnd.apple.mpegurl", caching, priority: .playlist))
  }
}
