// SPDX-License-Identifier: Apache-2.0

package import Net
package import System
package import Time

/// Decides whether a client may publish a stream, for all protocols.
package struct PublishCheck: Sendable {
  /// A digest that no path has.
  private static let noPath = SecretDigest("")

  /// The rule for streams without a key.
  package let access: KeylessAccess
  /// Slows down addresses with wrong keys.
  package let attempts: AttemptLimit

  /// A check for streams with this access.
  package init(_ access: KeylessAccess, _ attempts: AttemptLimit = AttemptLimit()) {
    self.access = access
    self.attempts = attempts
  }

  /// Decides about a client by its key, or by its address if the stream has no key.
  ///
  /// - Parameters:
  ///   - given: the key that the client gave; nil for none.
  ///   - key: the key of the stream; nil for none.
  ///   - peer: the address of the client.
  ///   - subject: the streams that the key protects.
  ///   - now: the present time.
  ///   - isPage: whether a page in a browser asks, which may be that of another site: without a
  ///     key it is no publisher.
  /// - Returns: the decision.
  package func decide(
    on given: String?, key: SecretDigest?, by peer: PeerAddress,
    for subject: FailedAttempts.Subject, at now: MonotonicTime, isPage: Bool = false
  ) -> AccessDecision {
    if let key, let given {
      return attempts.compare(given, with: key, of: peer, for: subject, at: now)
    }
    if key == nil, access.admitsWithoutKey(peer, at: now) {
      return isPage ? .refused(.foreignPage) : .granted
    }
    let refusal = key != nil || access.mode == .key ? AccessRefusal.missing : .notLocal
    return .refused(attempts.refuse(refusal, of: peer, for: subject, at: now, isSlowed: false))
  }

  /// Decides about a client without a certificate that the stream names, if only one of these
  /// permits to publish it.
  ///
  /// - Returns: nil if a key, a path or an address may permit it.
  package func refusal(
    of peer: PeerAddress, without target: PublishTarget?, for subject: FailedAttempts.Subject,
    at now: MonotonicTime
  ) -> AccessRefusal? {
    guard target?.needsCertificate == true else { return nil }
    return attempts.refuse(.noCertificate, of: peer, for: subject, at: now, isSlowed: false)
  }

  /// Decides about a client by its publish token.
  ///
  /// A valid token is accepted also from an address that waits: no client can guess one.
  ///
  /// - Parameters:
  ///   - token: the token as text.
  ///   - key: the key of the stream; nil for none, and then no token is valid.
  ///   - stream: the name of the stream.
  ///   - peer: the address of the client.
  ///   - now: the present time.
  ///   - seconds: seconds since 1970.
  /// - Returns: the decision.
  package func decide(
    onToken token: String, key: SecretDigest?, stream: String, by peer: PeerAddress,
    at now: MonotonicTime, seconds: Int64
  ) -> AccessDecision {
    let refusal: AccessRefusal? =
      if let key, let token = PublishToken(token) {
        token.refusal(on: stream, key, now: seconds)
      } else { .invalid }
    guard let refusal else { return .granted }
    return .refused(
      attempts.refuse(refusal, of: peer, for: .stream(stream), at: now, isSlowed: true))
  }

  /// Decides about a client that gives a path: a name with a key, or the path of a stream.
  ///
  /// - Parameters:
  ///   - path: the whole path.
  ///   - key: its end, which may be a key.
  ///   - stream: its start, which may be a name.
  ///   - target: that of the stream to which path or name lead; nil if they lead to none.
  ///   - peer: the address of the client.
  ///   - now: the present time.
  /// - Returns: the decision.
  package func decide(
    path: String, key: String, stream: String, for target: PublishTarget?, by peer: PeerAddress,
    at now: MonotonicTime
  ) -> AccessDecision {
    // A path is a key too: each unknown one is a failed attempt.
    let isPath = target == nil || target?.path != nil
    let decision = decide(
      on: isPath ? path : key, key: isPath ? target?.path ?? Self.noPath : target?.key, by: peer,
      for: isPath ? .paths : .stream(stream), at: now)
    switch decision {
    case .refused(.missing), .refused(.invalid): return .refused(.unknown)
    case .refused: return decision
    case .granted: break
    }
    guard target != nil else { return .refused(.unknown) }
    // A path counts as a key only if keys are required.
    guard !isPath || access.mode == .key || access.admitsWithoutKey(peer, at: now) else {
      return .refused(.notLocal)
    }
    return .granted
  }

  /// Decides about the name of a stream that a client wants to create.
  ///
  /// - Parameters:
  ///   - isKey: whether the name is the key of a stream, which must not become public.
  ///   - peer: the address of the client.
  ///   - now: the present time.
  /// - Returns: the decision.
  package func decide(
    onNewName isKey: @autoclosure () -> Bool, by peer: PeerAddress, at now: MonotonicTime
  ) -> AccessDecision {
    if let wait = attempts.wait(of: peer, for: .names, at: now) {
      return .refused(.tooManyFailures(wait: wait))
    }
    guard isKey() else { return .granted }
    attempts.fail(peer, for: .names, at: now)
    return .refused(.name)
  }
}
