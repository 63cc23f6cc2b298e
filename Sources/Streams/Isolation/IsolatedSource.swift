// SPDX-License-Identifier: Apache-2.0

package import Capture
import ChunkStream
import Isolation
package import Logging
import Scheduling
import Sharing
import Time

/// A pulled input that is read, decoded and encoded by a process of its own, or of several streams
/// that share its connection.
///
/// Its thread starts the process or joins it, takes its messages, ends it if it is silent or sends
/// invalid messages, and starts another one after a crash: the session continues over it. It runs
/// once.
package final class IsolatedSource: ReceivedSource {
  /// The first argument of the process.
  package static let argument = "--source-process"

  private typealias Loop = SourceLoop<SourceInProcess, SourceFacts, InputError, SessionReceiver>

  /// How long a stopped process may take: to publish the rest, and to close its connection.
  private static let stopLimit = (ending: Interval.milliseconds(2500), leaving: Interval.seconds(1))
  /// The time that the end of a killed process takes.
  private static let killTime = Interval.milliseconds(300)

  private let order: StartOrder
  private let crashes: SourceCrashes
  private let outages: SourceOutages
  private let processes: SourceProcesses
  private let log: Log
  /// Connects a process to the publishers of the stream, and returns the descriptor from which it
  /// reads; nil for other inputs.
  private let connectMedia: (@Sendable () -> Int32?)?
  private let loop = Loop()
  /// The thread of the process sends them.
  private let pendingOrders = Locked(PendingOrders())

  /// A source that does not run yet.
  ///
  /// - Parameters:
  ///   - order: the source and its limits.
  ///   - crashes: of the stream, which outlast this source.
  ///   - outages: of the stream, which outlast this source.
  ///   - processes: starts its process.
  ///   - connectMedia: connects a process to the publishers of the stream; nil for other inputs.
  ///     The process inherits the returned descriptor.
  ///   - log: for its lines and those of the process.
  package init(
    _ order: StartOrder, crashes: SourceCrashes, outages: SourceOutages = SourceOutages(),
    processes: SourceProcesses,
    connectMedia: (@Sendable () -> Int32?)? = nil, log: Log
  ) {
    self.processes = processes
    self.connectMedia = connectMedia
    self.order = order
    self.crashes = crashes
    self.outages = outages
    self.log = log
  }

  // MARK: For the session

  /// Starts the process and blocks until the facts are known.
  ///
  /// - Throws: why they will never be known.
  package func begin(_ cancellation: StartCancellation) throws(InputError) -> SourceFacts {
    follow(cancellation)
    if let refusal = order.refusal {
      loop.update { _ = $0.end() }
      throw .refused(refusal)
    }
    return try loop.begin(
      "isolated", noThread: .failed("the system refuses another thread"), cancelled: .cancelled
    ) { [self] in run() }
  }

  /// Ends all waits when `cancellation` is cancelled.
  func follow(_ cancellation: StartCancellation) {
    cancellation.whenCancelled { [weak self] in self?.cancel() }
  }

  /// Lets the process publish for a session.
  func attach(_ session: SessionReceiver) {
    if let child = loop.update({ $0.attach(session) }) {
      send(.session(session.order.fields), to: child)
    }
  }

  /// Asks for a key frame of a rendition.
  func requestKey(_ rendition: Int) {
    pendingOrders.withLock { $0.add(rendition: rendition) }
  }

  /// Asks for a key frame of all renditions at a frame.
  func planSplice(_ frame: Int64) { pendingOrders.withLock { $0.add(splice: frame) } }

  /// Begins no segment with `number` or a lower one.
  func reserve(_ number: Int64) { pendingOrders.withLock { $0.reserve(number) } }

  private func cancel() {
    let (child, session) = loop.update { $0.stop() }
    session?.cancel()
    if let child { processes.leave(child) }
  }

  /// Ends the process, or the stream's part of it.
  package func stop() {
    stop(isEnding: false, until: SystemClock.monotonicTime + ThreadGroup.limit)
  }

  /// Ends the process, or the stream's part of it, which first publishes the rest of the media if
  /// the stream ends for its players; at `deadline` at the latest.
  func stop(isEnding: Bool, until deadline: MonotonicTime) {
    let (child, session) = loop.update { $0.stop() }
    session?.cancel()
    if let child { send(.stop(isEnding: isEnding), to: child) }
    let limit = isEnding ? Self.stopLimit.ending : Self.stopLimit.leaving
    let killAt = min(deadline - Self.killTime, SystemClock.monotonicTime + limit)
    if !loop.waitUntilOver(killAt) {
      if let child { processes.leave(child) }
      _ = loop.waitUntilOver(deadline)
    }
  }

  private func send(_ message: ParentMessage, to child: SourceInProcess) {
    // A process that does not read is ended.
    guard !child.pipe.send(message), !loop.lifecycle.isStopped else { return }
    child.process.kill()
  }

  // MARK: On its thread

  private func run() {
    loop.run(at: crashes.notBefore) { runProcess() }
    loop.update { _ = $0.end() }
  }

  /// Runs one process until it ends or the source is stopped.
  ///
  /// - Returns: when to start the next one; nil if the source is stopped.
  private func runProcess() -> MonotonicTime? {
    let child: SourceInProcess
    do throws(HostingFailure) { child = try start() } catch { return crashed(error.description) }
    let fault = loop.lifecycle.isStopped ? nil : receive(child)
    guard loop.update({ $0.disconnect() }) else {
      if processes.leave(child) { _ = child.process.reap(within: SourceProcesses.endLimit) }
      return nil
    }
    let end = processes.end(child)
    return crashed(fault ?? end?.description ?? ChildProcess.endless)
  }

  private func start() throws(HostingFailure) -> SourceInProcess {
    let child = try processes.host(order, media: connectMedia)
    crashes.started()
    var order = order
    let facts = loop.update { lifecycle in
      _ = lifecycle.connect(child)
      return try? lifecycle.facts?.get()
    }
    order.known = facts.map { .init(facts: $0, notBefore: crashes.notBefore) }
    order.logLevel = log.least
    send(.start(version: ChildMessage.version, order.fields), to: child)
    if facts != nil { becomeReady(child) }
    return child
  }

  /// Sends the session, if there is one, to a process that waits for it.
  private func becomeReady(_ child: SourceInProcess) {
    if let session = loop.update({ $0.becomeReady() }) {
      send(.session(session.order.fields), to: child)
    }
  }

  /// Counts and logs a crash.
  ///
  /// - Returns: when to start the next process.
  private func crashed(_ reason: String) -> MonotonicTime {
    let restart = crashes.crashed()
    outages.note(publisher: nil)
    let lifecycle = loop.lifecycle
    let hasFacts = (try? lifecycle.facts?.get()) != nil
    lifecycle.receiver?.restart()
    log.write(
      .warning, "source-crashed", stream: order.name,
      "the process of \(order.address): \(reason); "
        + (restart.isFrequent
          ? "opening the source every \(ChildRestarts.frequentInterval.seconds) s"
          : "starting it again"))
    outages.note(
      .crashed, reason, retryAt: hasFacts ? max(restart.process, restart.source) : restart.source)
    guard !hasFacts else { return restart.process }
    // A file that ends its process would do so again.
    if order.address.kind == .file, order.backups.isEmpty {
      settle(.failure(.failed("its process: \(reason)")))
    }
    return restart.source
  }

  private func settle(_ facts: Result<SourceFacts, InputError>) {
    loop.update { $0.settle(facts) }
  }

  // MARK: Messages

  /// Handles the messages of a process until it ends.
  ///
  /// - Returns: why it must be ended; nil if it has ended by itself.
  private func receive(_ child: SourceInProcess) -> String? {
    var messages = ReceivedMessages(child.pipe)
    var isFirst = true
    while true {
      do throws(MessagePipe.Failure) {
        let message = try messages.next(until: crashes.deadline)
        crashes.heard()
        switch message {
        case .success(let message):
          do throws(MessageError) { try handle(message, from: child, isFirst: isFirst) } catch {
            return "protocol error: \(error)"
          }
        case .failure(let error): return "protocol error: \(error)"
        }
        isFirst = false
        for order in pendingOrders.withLock({ $0.takeOrders() }) { send(order, to: child) }
      } catch .silent {
        return "it did not answer in time"
      } catch { return nil }
    }
  }

  private func handle(
    _ message: ChildMessage, from child: SourceInProcess, isFirst: Bool
  ) throws(MessageError) {
    switch message {
    case .hello(_, let protections):
      if let lack = Sandbox.Protections(rawValue: protections).takeLack() {
        log.write(.warning, "isolation", lack)
      }
    case _ where isFirst:
      throw .invalid(field: "the first message", value: "another kind; expected hello")
    case .facts(let fields):
      settle(.success(try SourceFacts(fields: fields)))
      becomeReady(child)
    case .refused(let kind, let reason): settle(.failure(InputError(kind: kind, reason: reason)))
    case .log(let level, let event, let text):
      log.relay(source: level, event, stream: order.name, text)
    case .outage(let fields): outages.take(fields)
    case .publisher(let note): outages.note(publisher: note)
    case .irregular:
      // The process waits for the next session.
      try loop.update { $0.detach() }?.handle(message)
    case .audioAppeared(let fields), .otherRate(_, let fields):
      let facts = try SourceFacts(fields: fields)
      try loop.update { $0.detach(with: facts) }?.handle(message)
    default: try loop.lifecycle.receiver?.handle(message)
    }
  }
}
