// SPDX-License-Identifier: Apache-2.0

extension PreparedResponse {
  /// This answer, or 304 where the client has it already.
  ///
  /// Only a 200 to GET or HEAD can be left out. The comparison is weak, as `If-None-Match` asks;
  /// `If-Modified-Since` is ignored, since no answer has a `Last-Modified`.
  /// - Source: RFC 9110 §13.1.2, §15.4.5
  func conditional(_ request: Request) -> PreparedResponse {
    guard status == 200 || status == 206, let tag = entityTag,
      request.method == .get || request.method == .head, request.hasNoneMatch(tag)
    else { return self }
    // §15.4.5: the fields that a cache updates what it has by; what describes a body stays away.
    let kept = fields.filter { field in
      !["content-type", "content-encoding", "content-range", "accept-ranges"]
        .contains { field.isNamed($0) }
    }
    return PreparedResponse(status: 304, fields: kept)
  }
}
