// SPDX-License-Identifier: Apache-2.0

extension PreparedResponse {
  /// This response, or 304 if the client has its content.
  ///
  /// Applies to a 200 or 206 to GET or HEAD. The comparison is weak, as `If-None-Match` requires;
  /// `If-Modified-Since` is ignored, since no response has a `Last-Modified`.
  /// - Source: RFC 9110 §13.1.2, §15.4.5
  package func conditional(_ request: Request) -> PreparedResponse {
    guard status == 200 || status == 206, request.hasNames(ofLengths: Self.noneMatchLength),
      let tag = entityTag, request.method == .get || request.method == .head,
      request.hasNoneMatch(tag)
    else { return self }
    // §15.4.5: a 304 has the fields that update a cache, and none that describe a body.
    let kept = fields.filter { field in
      !["content-type", "content-encoding", "content-range", "accept-ranges"]
        .contains { field.isNamed($0) }
    }
    return PreparedResponse(status: 304, fields: kept)
  }

  /// This response with a `Cache-Control` by which no cache keeps it.
  package var forOneViewer: PreparedResponse {
    let caching = HeaderField("Cache-Control", "private, no-store")
    return PreparedResponse(
      status: status, fields: [caching] + fields.filter { !$0.isNamed("cache-control") },
      slices: body, files: files)
  }

  private static let noneMatchLength = Request.bit("if-none-match".utf8.count)
}
