// SPDX-License-Identifier: Apache-2.0

package import Time

/// Why the request of a client is refused.
///
/// Each protocol has a table of its own codes; the description is for publishers and the log.
package enum AccessRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// The client gave no secret, and one is needed.
  case missing
  /// The secret is another one, or for another stream or action.
  case invalid
  /// The token was valid.
  case expired
  /// Too many wrong secrets or names from the address, which may try again after this time.
  case tooManyFailures(wait: Interval)
  /// Too many passwords are being verified, or another one of the address; the client may try again
  /// after this time.
  case busy(wait: Interval)
  /// No stream has this name, or the key is another one: clients are not told which.
  case unknown
  /// The client is not on this machine, and there is no key.
  case notLocal
  /// The client has no certificate that permits it, and nothing else does.
  case noCertificate
  /// The hook has not admitted the client.
  case notPermitted
  /// Another publisher has the stream, or its name.
  case taken
  /// No new stream can have this name.
  case name
  /// Publishers have created this number of streams, which is the limit.
  case full(Int)
  /// Too many streams on demand run.
  case tooManyRunning
  /// The address has started too many streams on demand in a minute.
  case tooManyStarts
  /// No secret permits it: there is no admin token.
  case off
  /// The server has no such name.
  case unknownHost
  /// The request comes from a page of another site.
  case foreignPage

  /// The labels of refused tokens in statistics.
  package enum Reason: String, Sendable, CaseIterable {
    case missing, invalid, expired
    /// The address must wait.
    case slowed
  }

  /// The label of the refusal in statistics; nil for one that concerns no token.
  package var reason: Reason? {
    switch self {
    case .missing: .missing
    case .invalid: .invalid
    case .expired: .expired
    case .tooManyFailures: .slowed
    default: nil
    }
  }

  package var description: String {
    switch self {
    case .missing: "missing secret"
    case .invalid: "invalid secret"
    case .expired: "the token has expired"
    case .tooManyFailures(let wait): "too many failed attempts; wait \(wait.secondsRoundedUp) s"
    case .busy(let wait): "too many passwords at the same time; wait \(wait.secondsRoundedUp) s"
    case .unknown: "unknown stream or wrong key"
    case .notLocal: "publishing from other machines requires a key"
    case .noCertificate: "publishing requires a client certificate that the stream names"
    case .notPermitted: "not permitted"
    case .taken: "already published"
    case .name: "no stream can have this name"
    case .full(let limit): "too many published streams (at most \(limit))"
    case .tooManyRunning: "too many streams run"
    case .tooManyStarts: "too many streams were started"
    case .off: "it requires --admin-token"
    case .unknownHost:
      "unknown host (expected an address, localhost, or a name of --public-url or --api-host)"
    case .foreignPage: "pages of other origins cannot read this"
    }
  }
}

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
