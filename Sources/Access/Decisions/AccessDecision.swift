// SPDX-License-Identifier: Apache-2.0

/// The answer to the request of a client: a permission, or the reason of the refusal.
package enum AccessDecision: Sendable, Equatable {
  /// It may; `session` is the viewer that its token names, nil for none.
  case granted(session: String?)
  case refused(AccessRefusal)

  /// The client may, and no token names it.
  package static let granted = AccessDecision.granted(session: nil)

  /// Why the client may not; nil if it may.
  package var refusal: AccessRefusal? {
    if case .refused(let refusal) = self { refusal } else { nil }
  }
}
