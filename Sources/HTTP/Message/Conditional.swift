// SPDX-License-Identifier: Apache-2.0

import Checked
package import Sharing

extension PreparedResponse {
  /// This response, or 304 if the client has its content.
  ///
  /// Applies to a 200 or 206 to GET or HEAD. The comparison is weak, as `If-None-Match` requires;
  /// `If-Modified-Since` is ignored, since no response has a `Last-Modified`.
  /// - Source: RFC 9110 §13.1.2, §15.4.5
  package func conditional(_ request: Request) -> PreparedResponse {
    guard status == 200 || status == 206, request.mayBeConditional,
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
}

extension Request {
  private static let noneMatchLength = bit("if-none-match".utf8.count)

  /// Whether the request may have `If-None-Match`, without a search.
  var mayBeConditional: Bool { hasNames(ofLengths: Self.noneMatchLength) }
}

/// A strong entity tag, computed from the bytes of a body.
/// - Source: RFC 9110 §8.8.3
package enum EntityTag {
  /// The tag of `bytes`: 64 bits of FNV-1a, quoted.
  package static func text(of bytes: SharedBytes) -> String {
    let content = unsafe UnsafeRawBufferPointer(start: bytes.start, count: bytes.count)
    let hash = unsafe content.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
      // bounded: a hash
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    return "\"\(hexadecimal(hash))\""
  }
}

extension Request {
  /// Whether `If-None-Match` contains `tag`, by weak comparison, or is `*`.
  ///
  /// The response is then 304.
  ///
  /// - Source: RFC 9110 §13.1.2
  package func hasNoneMatch(_ tag: String) -> Bool {
    guard let value = header("if-none-match") else { return false }
    // No tag of this server contains a comma, so a list is split at each comma.
    return value.split(separator: ",").contains { item in
      let given = String(decoding: trimmed(ArraySlice(Array(item.utf8))), as: UTF8.self)
      return given == "*" || given == tag || given == "W/" + tag
    }
  }
}
