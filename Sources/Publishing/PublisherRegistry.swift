// SPDX-License-Identifier: Apache-2.0

package import Access
import Checked
package import Ingest
package import Net
import Sharing
import System
package import Time

/// The streams that accept publishers, and the clients that may publish to them.
package final class PublisherRegistry: Sendable {
  private struct Entry: Sendable {
    let stream: PublishedStream
    var target: PublishTarget
  }

  private struct State: Sendable {
    var entries: [String: Entry] = [:]
    var creator: Creator?
    /// Whether a path may create a stream, and not only a request.
    var createsByPath = true
    /// Whether a text is the key of a stream.
    var isKey: @Sendable (String) -> Bool = { _ in false }
    /// Whether a stream of any kind has a name.
    var isTaken: @Sendable (String) -> Bool = { _ in false }

    /// The stream to which a path leads.
    func entry(of target: PublisherPath) -> Entry? {
      entries.values.first { $0.target.path?.matches(target.path) == true }
        ?? entries[target.stream]
    }

    /// A path as the client means it: with its escaped slashes, unless it is right as it is.
    func reading(of target: PublisherPath) -> PublisherPath {
      guard let other = target.withSlashes else { return target }
      guard let found = entry(of: target) else { return other }
      return found.target.path != nil || found.target.key?.matches(target.key) == true
        ? target : other
    }
  }

  /// A client that may publish.
  package enum Admission: Sendable {
    /// To this stream.
    case stream(PublishedStream)
    /// To a stream that does not exist yet, with the first element of the client's path.
    case new(name: String, application: String)

    /// The name of the stream.
    package var name: String {
      switch self {
      case .stream(let stream): stream.name
      case .new(let name, _): name
      }
    }
  }

  /// A stream to which a client may publish, with the permission of the hook.
  package struct Entrance: Sendable {
    let stream: PublishedStream
    let permit: PublishPermit
  }

  /// Creates a stream of a name for an application, and calls its last argument with the reason if
  /// there can be none.
  package typealias Creator =
    @Sendable (
      _ name: String, _ application: String, _ answer: @escaping @Sendable (AccessRefusal?) -> Void
    ) -> Void

  /// Asked before a client publishes.
  package let hooks: PublishHooks
  /// The connections of publishers, publishing or not.
  package let connections = CountedConnections()
  private let publishCheck: PublishCheck
  private let state = Locked(State())

  /// A registry without streams, whose clients `publishCheck` admits.
  package init(_ publishCheck: PublishCheck, _ hooks: PublishHooks) {
    self.publishCheck = publishCheck
    self.hooks = hooks
  }

  // MARK: Streams

  /// Adds a stream, or gives the stream of this name another target; its publisher stays.
  package func add(_ name: String, _ target: PublishTarget) -> PublishedStream {
    state.withLock { state in
      let stream = state.entries[name]?.stream ?? PublishedStream(name: name)
      stream.takeover = target.takeover
      state.entries[name] = Entry(stream: stream, target: target)
      return stream
    }
  }

  /// Removes a stream, and closes the connection of its publisher.
  package func remove(_ name: String) {
    let stream = state.withLock { $0.entries.removeValue(forKey: name)?.stream }
    stream?.closePublisher()
  }

  /// Lets clients that need no key create streams.
  ///
  /// - Parameters:
  ///   - isKey: whether a text is the key of a stream, and so no name: an encoder that sends its
  ///     key to a mistyped stream must not publish the key.
  ///   - isTaken: whether a stream of any kind has a name: an application with that name is no
  ///     reason to create another stream.
  ///   - byPath: whether clients by RTMP and SRT create streams, too: without a key of all streams,
  ///     which would be a part of their path.
  ///   - creator: creates a stream.
  package func createUnknown(
    isKey: @escaping @Sendable (String) -> Bool = { _ in false },
    isTaken: @escaping @Sendable (String) -> Bool = { _ in false }, byPath: Bool = true,
    _ creator: @escaping Creator
  ) {
    state.withLock { state in
      (state.isKey, state.isTaken, state.createsByPath) = (isKey, isTaken, byPath)
      state.creator = creator
    }
  }

  /// Whether a text is the key of a stream of this registry.
  package func hasKey(_ text: String) -> Bool {
    state.withLock { $0.entries.values.contains { $0.target.key?.matches(text) == true } }
  }

  /// Creates the stream of a client, and calls `answer` once, on any thread, with the stream, or
  /// with the reason if there can be none.
  private func create(
    _ name: String, _ application: String,
    answer: @escaping @Sendable (Result<PublishedStream, AccessRefusal>) -> Void
  ) {
    guard let creator = state.withLock({ $0.creator }) else { return answer(.failure(.unknown)) }
    if let known = state.withLock({ $0.entries[name] }), known.target.isOpen {
      return answer(.success(known.stream))
    }
    creator(name, application) { [self] refusal in
      if let refusal { return answer(.failure(refusal)) }
      let stream = state.withLock { $0.entries[name]?.stream }
      answer(stream.map { .success($0) } ?? .failure(.unknown))
    }
  }

  /// Whether a stream of this name accepts publishers.
  package func contains(_ name: String) -> Bool { state.withLock { $0.entries[name] != nil } }

  /// Whether a client publishes to a stream.
  package func hasPublisher(_ name: String) -> Bool {
    state.withLock { $0.entries[name]?.stream }?.hasPublisher ?? false
  }

  /// Whether the publisher of a stream has this identity.
  package func isPublished(_ name: String, by identity: String) -> Bool {
    state.withLock { $0.entries[name]?.stream }?.permit(of: identity) != nil
  }

  // MARK: Clients

  /// Which clients need no key.
  package var access: KeylessAccess { publishCheck.access }

  /// The stream to which a client may publish.
  ///
  /// - Parameters:
  ///   - target: the path that the client gives.
  ///   - name: the name of the stream if it must be created; nil for the key.
  ///   - peer: the address of the client.
  ///   - certificate: its certificate; nil without one.
  ///   - now: the present time.
  /// - Returns: the stream, or the name of a new one.
  /// - Throws: why it may not; five failures let its address wait.
  package func admit(
    _ target: PublisherPath, as name: String? = nil, from peer: PeerAddress,
    with certificate: ClientCertificate? = nil, at now: MonotonicTime
  ) throws(AccessRefusal) -> Admission {
    let target = state.withLock { $0.reading(of: target) }
    let (found, canCreate, isKey, isTaken) = state.withLock { state in
      let canCreate = state.creator != nil && state.createsByPath
      return (state.entry(of: target), canCreate, state.isKey, state.isTaken)
    }
    if found == nil, canCreate, publishCheck.access.admitsWithoutKey(peer, at: now) {
      let name = name ?? target.key
      // The application of a stream without publishers makes the rest a key, and no name.
      let isName = NameCharacters.isName(name) && !isTaken(target.stream) && !isKey(name)
      if let refusal = publishCheck.decide(onNewName: !isName, by: peer, at: now).refusal {
        throw refusal == .name ? .unknown : refusal
      }
      return .new(name: name, application: target.stream)
    }
    if let found, found.target.certificates.admit(certificate) { return .stream(found.stream) }
    if let refusal = publishCheck.refusal(
      of: peer, without: found?.target, for: .stream(target.stream), at: now)
    {
      throw refusal
    }
    let decision = publishCheck.decide(
      path: target.path, key: target.key, stream: target.stream, for: found?.target, by: peer,
      at: now)
    if let refusal = decision.refusal { throw refusal }
    guard let found else { throw .unknown }
    return .stream(found.stream)
  }

  /// Whether a text is the key of a stream, and so no name.
  func isKey(_ text: String) -> Bool { state.withLock { $0.isKey }(text) }

  /// The stream of this name, if a client may publish to it by HTTP.
  ///
  /// - Returns: nil if no stream of this name accepts publishers, or a key in a path is its only
  ///   one.
  package func admit(
    stream: String, key: String?, isPage: Bool, from peer: PeerAddress,
    with certificate: ClientCertificate? = nil, at now: MonotonicTime
  ) -> Result<PublishedStream, AccessRefusal>? {
    guard let found = state.withLock({ $0.entries[stream] }), found.target.path == nil else {
      return nil
    }
    // A page of another site would use the certificate of its reader.
    if !isPage, found.target.certificates.admit(certificate) { return .success(found.stream) }
    if let refusal = publishCheck.refusal(
      of: peer, without: found.target, for: .stream(stream), at: now)
    {
      return .failure(refusal)
    }
    let decision = publishCheck.decide(
      on: key, key: found.target.key, by: peer, for: .stream(stream), at: now, isPage: isPage)
    return decision.refusal.map { .failure($0) } ?? .success(found.stream)
  }

  /// The stream of this name, if a client may publish to it by its publish token.
  ///
  /// - Returns: nil if no stream of this name accepts publishers, or a key in a path is its only
  ///   one.
  package func admit(
    stream: String, token: String, from peer: PeerAddress, at now: MonotonicTime, seconds: Int64
  ) -> Result<PublishedStream, AccessRefusal>? {
    guard let found = state.withLock({ $0.entries[stream] }), found.target.path == nil else {
      return nil
    }
    let decision = publishCheck.decide(
      onToken: token, key: found.target.key, stream: stream, by: peer, at: now, seconds: seconds)
    return decision.refusal.map { .failure($0) } ?? .success(found.stream)
  }

  /// Leads an admitted client to its stream: asks the hook, and then creates a new stream.
  ///
  /// - Parameters:
  ///   - admission: of the client.
  ///   - event: the client as the hook sees it.
  ///   - execute: runs its argument on the thread of the client.
  ///   - answer: called once on that thread; during this call if there is nothing to wait for.
  func enter(
    _ admission: Admission, _ event: PublishEvent,
    on execute: @escaping ThreadExecutor,
    answer: @escaping @Sendable (Result<Entrance, AccessRefusal>) -> Void
  ) {
    if let permit = hooks.permit(event) {
      return enter(admission, permit, event.peer, execute, answer)
    }
    hooks.ask(event) { [self] permit in
      execute {
        guard let permit else { return answer(.failure(.notPermitted)) }
        self.enter(admission, permit, event.peer, execute, answer)
      }
    }
  }

  private func enter(
    _ admission: Admission, _ permit: PublishPermit, _ peer: PeerAddress,
    _ execute: @escaping ThreadExecutor,
    _ answer: @escaping @Sendable (Result<Entrance, AccessRefusal>) -> Void
  ) {
    switch admission {
    case .stream(let stream): answer(.success(Entrance(stream: stream, permit: permit)))
    case .new(let name, let application):
      create(name, application) { [publishCheck] created in
        if case .failure(.unknown) = created {
          publishCheck.attempts.fail(peer, for: .names, at: SystemClock.monotonicTime)
        }
        execute { answer(created.map { Entrance(stream: $0, permit: permit) }) }
      }
    }
  }

  /// What callers by SRT encrypt the media of a stream with; nil for no encryption.
  func passphrase(of name: String) -> Passphrase? {
    state.withLock { $0.entries[name]?.target.passphrase }
  }

  /// How long an address must wait after wrong passphrases of a stream; nil if it need not.
  func passphraseWait(
    of peer: PeerAddress, _ admission: Admission, at now: MonotonicTime
  ) -> Interval? {
    publishCheck.attempts.wait(of: peer, for: Self.passphrase(admission), at: now)
  }

  /// Counts a wrong passphrase as a failure.
  func failPassphrase(_ peer: PeerAddress, _ admission: Admission, at now: MonotonicTime) {
    publishCheck.attempts.fail(peer, for: Self.passphrase(admission), at: now)
  }

  private static func passphrase(_ admission: Admission) -> FailedAttempts.Subject {
    switch admission {
    case .stream(let stream): .passphrase(stream.name)
    case .new: .passphrase(nil)
    }
  }
}
