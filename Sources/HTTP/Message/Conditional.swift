// SPDX-License-Identifier: Apache-2.0

import Checked
package import Sharing

extension Request {
  /// The effect of the preconditions of a request on its response.
  package enum Precondition: Sendable, Equatable {
    /// The method is performed.
    case holds
    /// The client of GET or HEAD has the representation: 304.
    case unchanged
    /// A condition is false: 412, and the method is not performed.
    case failed
  }

  /// Evaluates `If-Match`, then `If-None-Match`.
  ///
  /// `If-Unmodified-Since` and `If-Modified-Since` are ignored, since no response has a
  /// `Last-Modified`.
  ///
  /// - Parameters:
  ///   - tag: the entity tag of the present representation; nil if it has none.
  ///   - exists: whether there is a present representation.
  /// - Returns: the result; the caller ignores it if the response without conditions is no success.
  /// - Source: RFC 9110 §13.1.1, §13.1.2, §13.2.1, §13.2.2
  package func precondition(_ tag: String?, exists: Bool = true) -> Precondition {
    guard mayBeConditional else { return .holds }
    // §13.1.1: strong comparison; §13.1.2: weak comparison.
    if let value = header("if-match"), !exists || !Self.names(value, tag, isWeak: false) {
      return .failed
    }
    if exists, let value = header("if-none-match"), Self.names(value, tag, isWeak: true) {
      return method == .get || method == .head ? .unchanged : .failed
    }
    return .holds
  }

  private static let conditionLengths = lengths(["if-match", "if-none-match"])

  /// Whether the request may have a precondition, without a search.
  var mayBeConditional: Bool { hasNames(ofLengths: Self.conditionLengths) }

  /// Whether a list is `*` or contains `tag`; nil is no tag.
  ///
  /// - Source: RFC 9110 §8.8.3.2
  private static func names(_ list: String, _ tag: String?, isWeak: Bool) -> Bool {
    // No tag of this server contains a comma, so a list is split at each comma.
    FieldList.elements(list).contains { given in
      if given == "*" { return true }
      guard let tag else { return false }
      return isWeak ? opaque(given) == opaque(tag) : given == tag && !tag.hasPrefix("W/")
    }
  }

  /// A tag without the mark of a weak one.
  private static func opaque(_ tag: String) -> Substring {
    tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]
  }
}

extension PreparedResponse {
  /// The fields that describe a body.
  private static let bodyFields = [
    "content-type", "content-encoding", "content-range", "accept-ranges",
  ]

  /// This response, or 304 or 412 if a condition of the request asks for it.
  ///
  /// Applies to a 200 or 206 to GET or HEAD. A response without an entity tag matches `*` only.
  /// - Source: RFC 9110 §13.2.2
  package func conditional(_ request: Request) -> PreparedResponse {
    guard status == 200 || status == 206, request.method == .get || request.method == .head else {
      return self
    }
    return switch request.precondition(entityTag) {
    case .holds: self
    case .unchanged: unchanged
    case .failed: failed
    }
  }

  /// The 304 to a client that has this response.
  ///
  /// - Source: RFC 9110 §15.4.5: it has the fields that update a cache, and none that describe a
  ///   body.
  package var unchanged: PreparedResponse {
    PreparedResponse(status: 304, fields: fields(without: Self.bodyFields))
  }

  /// The 412 to a client that expects another representation than this one, which no cache keeps.
  private var failed: PreparedResponse {
    // Fields that permit the storage of the representation must not permit that of this response.
    let kept = fields(without: Self.bodyFields + ["cache-control", "etag"])
    return .text(
      412, "the condition of the request does not hold (If-Match)",
      fields: kept + [HeaderField("Cache-Control", "no-store")])
  }

  private func fields(without names: [String]) -> [HeaderField] {
    fields.filter { field in !names.contains { field.isNamed($0) } }
  }

  /// This response with a `Cache-Control` by which no cache keeps it.
  package var forOneViewer: PreparedResponse {
    let caching = HeaderField("Cache-Control", "private, no-store")
    return PreparedResponse(
      status: status, fields: [caching] + fields.filter { !$0.isNamed("cache-control") },
      slices: body, files: files)
  }
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
