// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import HTTP
package import Logging
package import Net
import Scheduling
import Sharing
import Time

/// The feed of a stream of another server, read on a thread of its own for one session.
///
/// A lost connection is opened again, and the feed then continues the session, or the session ends
/// and another one begins.
package final class UpstreamSource: ReceivedSource {
  private typealias Loop = SourceLoop<
    ClientCancellation, FeedDescription, SessionFailure, UpstreamSession
  >

  /// The end of a connection.
  private enum End {
    /// The connection failed or was lost.
    case lost(String)
    /// The upstream refuses, and will do so again.
    case refused(String)
    /// The stream has ended.
    case ended
    /// The feed does not continue the session.
    case replaced
    /// The source is stopped.
    case stopped
  }

  /// How long a response may give no byte: the upstream repeats its status every half second.
  private static let silence = Interval.seconds(4)
  /// The interval at which another session is awaited after the end of one.
  private static let endedInterval = Interval.seconds(2)

  private let link: UpstreamLink
  private let stream: String
  private let trust: ServerTrust
  private let agent: String
  private let log: Log
  private let cancellation = ClientCancellation()
  private let loop = Loop()
  /// The reason that was logged last.
  private let reported = Locked<String?>(nil)

  /// A source that does not run yet.
  ///
  /// - Parameters:
  ///   - link: of the stream, which outlasts this source.
  ///   - trust: the certificates that the upstream may have.
  ///   - stream: the name of the stream, for the log.
  ///   - agent: the value of `User-Agent`.
  ///   - log: for its lines.
  package init(
    _ link: UpstreamLink, _ trust: ServerTrust, stream: String, agent: String, log: Log
  ) {
    self.link = link
    self.trust = trust
    self.stream = stream
    self.agent = agent
    self.log = log
  }

  // MARK: For the session

  /// Connects, and blocks until the stream is known.
  ///
  /// - Throws: why it will never be known.
  package func begin(
    _ start: StartCancellation
  ) throws(SessionFailure) -> FeedDescription {
    start.whenCancelled { [weak self] in self?.cancel() }
    return try loop.begin("upstream", noThread: .thread, cancelled: .source("cancelled")) {
      [self] in run()
    }
  }

  /// Lets the feed be published for a session.
  func attach(_ session: UpstreamSession) { loop.update { _ = $0.attach(session) } }

  /// Without effect: the upstream decides.
  func requestKey(_ rendition: Int) {}

  /// Without effect: the upstream has the event before.
  func planSplice(_ frame: Int64) {}

  /// Without effect: the first server has the numbers.
  func reserve(_ number: Int64) {}

  private func cancel() {
    let ended = loop.update { $0.stop() }
    ended.connection?.cancel()
    ended.receiver?.cancel()
  }

  /// Ends the thread.
  package func stop() { stop(until: SystemClock.monotonicTime + ThreadGroup.limit) }

  /// Ends the thread; returns at `deadline` at the latest.
  func stop(until deadline: MonotonicTime) {
    cancel()
    _ = loop.waitUntilOver(deadline)
  }

  // MARK: On its thread

  private func run() {
    defer {
      if loop.lifecycle.isStopped { link.become(.idle) }
      loop.update { _ = $0.end() }
    }
    if link.status.state == .idle { link.become(.connecting) }
    var retry = RetryPlan(isListener: false)
    let client = HTTPClient(trust, agent: agent, limit: Self.silence, cancellation)
    loop.run(at: SystemClock.monotonicTime) { connect(client, &retry) }
  }

  /// Follows the feed over one connection.
  ///
  /// - Returns: when to connect again; nil if the source has ended.
  private func connect(_ client: HTTPClient, _ retry: inout RetryPlan) -> MonotonicTime? {
    guard loop.update({ [cancellation] in $0.connect(cancellation) }) else { return nil }
    let end = follow(client) { retry.succeeded() }
    _ = loop.update { $0.disconnect() }
    let receiver = loop.lifecycle.receiver
    receiver?.disconnect()
    let now = SystemClock.monotonicTime
    let next: MonotonicTime
    switch end {
    case .stopped: return nil
    case .replaced:
      receiver?.renew()
      return nil
    case .ended:
      link.become(.ended)
      link.outages.clear()
      return now + Self.endedInterval
    case .lost(let reason):
      // An ended stream stays ended while its server is away.
      if link.status.state != .ended { link.become(.connecting, reason) }
      report(.warning, "upstream-lost", reason)
      next = retry.failed(at: now)
      link.outages.note(.init(message: reason), reason, retryAt: next)
    case .refused(let reason):
      link.become(.refused, reason)
      report(.error, "upstream-refused", reason)
      next = retry.failed(at: now, isDenied: true)
      link.outages.note(.init(message: reason), reason, retryAt: next)
    }
    return next
  }

  /// Logs a failure, unless it is that of the attempt before.
  private func report(_ level: Log.Level, _ event: StaticString, _ reason: String) {
    let isNew = reported.withLock { reported in
      defer { reported = reason }
      return reported != reason
    }
    guard isNew else { return }
    log.write(level, event, stream: stream, "\(link.address): \(reason); trying again")
  }

  /// Reads the feed until it ends; `succeeded` is called when it has reached the newest media.
  private func follow(_ client: HTTPClient, _ succeeded: () -> Void) -> End {
    let receiver = loop.lifecycle.receiver
    do throws(HTTPClient.Failure) {
      try client.get(
        link.address.feedURL(from: receiver?.nextSegment),
        fields: [HeaderField(ServerIdentity.field, link.identities())])
      var parser = FeedParser()
      var isFirst = true
      while let piece = try client.next() {
        parser.add(piece)
        do throws(MessageError) {
          while let message = try parser.next() {
            let end = try isFirst ? begin(message) : handle(message, succeeded)
            isFirst = false
            if let end { return end }
          }
        } catch .version(let version, let expected) {
          return .refused("its feed has the version \(version) (expected \(expected))")
        } catch {
          return .lost("the feed is malformed: \(error)")
        }
      }
      return cancellation.isCancelled ? .stopped : .lost("the connection has ended")
    } catch {
      return cancellation.isCancelled ? .stopped : Self.end(error)
    }
  }

  /// The end of a request that failed.
  private static func end(_ error: HTTPClient.Failure) -> End {
    switch error {
    case .status(406):
      .refused("the stream is encrypted, and cannot be relayed: encrypt at the last server instead")
    case .status(508):
      .refused(
        "status 508: the servers relay in a loop, or more than "
          + "\(ServerIdentity.maximumServers) in a row")
    case .status(let status) where [400, 401, 403, 410].contains(status):
      .refused("the upstream answers with status \(status)")
    case .status(let status): .lost("the upstream answers with status \(status)")
    case .connection(.untrusted(let reason)):
      .refused("its certificate is not accepted: \(reason) (see --relay-verify)")
    case .trust(let error): .refused("--relay-verify: \(error)")
    default: .lost("\(error)")
    }
  }

  /// Takes the first message of a feed.
  ///
  /// - Returns: why the feed is not read further; nil if it is.
  private func begin(_ message: FeedMessage) throws(MessageError) -> End? {
    guard case .stream(_, let fields) = message else {
      throw .invalid(field: "the first message", value: "that is no description")
    }
    let description = try FeedDescription(fields: fields)
    guard !description.path.contains(ServerIdentity.own),
      description.path.count <= ServerIdentity.maximumServers
    else {
      return .refused(
        "the servers relay in a loop, or more than \(ServerIdentity.maximumServers) in a row")
    }
    link.follow(description.path)
    let known = loop.update { lifecycle in
      defer { lifecycle.settle(.success(description)) }
      return try? lifecycle.facts?.get()
    }
    if known == nil { link.become(.connecting) }
    // The session is created with the first description.
    guard loop.waitForReceiver() != nil else { return .stopped }
    return known?.isSameSession(as: description) == false ? .replaced : nil
  }

  private func handle(
    _ message: FeedMessage, _ succeeded: () -> Void
  ) throws(MessageError) -> End? {
    guard let receiver = loop.lifecycle.receiver else { return .stopped }
    if case .lost = try receiver.handle(message) { return .replaced }
    switch message {
    case .current:
      succeeded()
      link.outages.clear()
      // The ended stream is sent again until there is another one.
      guard link.status.state != .ended else { return nil }
      link.become(.connected)
      reported.withLock { $0 = nil }
      let servers = link.status.path.count
      log.write(
        .info, "upstream", stream: stream,
        "relaying \(link.address), \(servers == 1 ? "the first server" : "server \(servers)")")
      return nil
    case .ended: return .ended
    default: return nil
    }
  }
}
