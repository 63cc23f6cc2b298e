// SPDX-License-Identifier: Apache-2.0

/// A request's method.
package enum Method: Sendable, Equatable {
  case get, head, options, post, put, delete
  /// Any other token, which is in `Request.methodText`.
  case other

  /// Whether a request body has no meaning (RFC 9110 §9.3).
  var hasNoBody: Bool { self == .get || self == .head || self == .options }
}

extension Method {
  init(_ head: borrowing Span<UInt8>, _ token: Range<Int>) {
    if head.equals("GET", in: token) {
      self = .get
    } else if head.equals("HEAD", in: token) {
      self = .head
    } else if head.equals("POST", in: token) {
      self = .post
    } else if head.equals("PUT", in: token) {
      self = .put
    } else if head.equals("DELETE", in: token) {
      self = .delete
    } else {
      self = head.equals("OPTIONS", in: token) ? .options : .other
    }
  }
}
