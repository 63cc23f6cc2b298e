extension PreparedResponse {
  /// This answer, or 304 where the client has it already.
  ///
  /// Only a 200 to GET or HEAD can be left out. The comparison is weak, as `If-None-Match` asks;
  /// `If-Modified-Since` is ignored, since no answer has a `Last-Modified`.
  /// - Source: RFC 9110 §13.1.2, §15.4.5
  func conditional(_ request: Request) -> PreparedResponse {
    guard status == 200 || status == 206, let tag = entityTag,
      request.method == .get || request.method == .head,
      let condition = request.header("if-none-match"), Self.matches(condition, tag)
    else { return self }
    // §15.4.5: the fields that a cache updates what it has by; what describes a body stays away.
    let kept = fields.filter { field in
      !["content-type", "content-encoding", "content-range", "accept-ranges"]
        .contains { field.isNamed($0) }
    }
    return PreparedResponse(status: 304, fields: kept)
  }

  private static func matches(_ condition: String, _ tag: String) -> Bool {
    func opaque(_ text: some StringProtocol) -> String {
      let text = String(text.filter { $0 != " " && $0 != "\t" })
      return text.hasPrefix("W/") ? String(text.dropFirst(2)) : text
    }
    if opaque(condition) == "*" { return true }
    // Our tags hold no comma, so that a list may be split at each.
    return condition.split(separator: ",").contains { opaque($0) == opaque(tag) }
  }
}
