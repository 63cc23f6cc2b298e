// SPDX-License-Identifier: Apache-2.0

import Capture
package import Logging
import Media
package import Packaging
import Scheduling
import Sharing
package import Time

/// One configured stream over its whole life, session after session.
///
/// The supervisor's thread performs the actions of a ``StreamLifecycle``. Sessions start on another
/// thread, since opening a source may block for seconds.
package final class StreamSupervisor: Sendable {
  /// The state of the stream.
  package enum Phase: Sendable {
    /// No session; a stream on demand waits for a request.
    case idle
    /// A session is starting.
    case starting
    /// A session runs; its window may still be filling.
    case live(StreamSession)
    /// The source has ended, or the stream was removed; the window is still served.
    case ended(StreamSession)
    /// The start or the session has failed.
    case failed(SessionFailure)
  }

  /// How long a removed stream may take to stop; its threads have ``ThreadGroup/limit``.
  package static let closeLimit = Interval.seconds(4)

  /// The stream as requested.
  package let plan: StreamPlan
  private let log: Log
  private let orders: StreamOrders
  private let shared = Locked<(phase: Phase, observers: [@Sendable () -> Void])>((.idle, []))
  private let thread = Locked<OSThread?>(nil)
  /// The end of the newest session when the stream was removed.
  private let lastEnd = Locked<WindowEnd?>(nil)

  /// A stream without a session.
  package init(_ plan: StreamPlan, log: Log) {
    self.plan = plan
    self.log = log
    orders = StreamOrders(
      StreamLifecycle(isOnDemand: plan.isOnDemand, isRetried: plan.isRetried))
  }

  /// The first element of its URLs.
  package var name: String { plan.name }
  /// The state of the stream.
  package var phase: Phase { shared.withLock { $0.phase } }

  /// Adds a function that is called after each change of the state, on a thread of the stream.
  package func subscribe(_ body: @escaping @Sendable () -> Void) {
    shared.withLock { $0.observers.append(body) }
  }

  /// Starts the stream; a stream on demand waits for the first ``use(_:)``.
  ///
  /// - Parameter earlier: the end of a removed stream of this name; nil if there was none.
  package func start(after earlier: WindowEnd? = nil) {
    if !plan.isOnDemand { orders.update { $0.want(.running) } }
    plan.publishers?.whenBegun { [weak self] in _ = self?.orders.tell(.publisherBegan) }
    lastEnd.withLock { $0 = earlier }
    let started = OSThread(name: "stream") { [self] in supervise(after: earlier) }
    thread.withLock { $0 = started }
    if started == nil { become(.failed(.thread)) }
  }

  /// Notes a request at `now`: a stream on demand starts, or continues.
  package func use(_ now: MonotonicTime) {
    guard plan.isOnDemand else { return }
    orders.use(now)
    // Each update wakes the thread, so only an idle stream is updated.
    if case .idle = phase { orders.update { $0.want(.running) } }
  }

  /// Removes the stream; returns at once.
  ///
  /// - Parameter isEnding: whether its players see an end; else they wait for another
  ///   process to continue it.
  package func beginClosing(isEnding: Bool) {
    orders.update { $0.want(.over(isEnding: isEnding)) }
  }

  /// Blocks until no thread of a removed stream is left, or until `deadline`.
  ///
  /// - Returns: whether none is left.
  package func waitUntilClosed(until deadline: MonotonicTime) -> Bool {
    thread.withLock { $0 }?.join(until: deadline) ?? true
  }

  /// The end of the newest session of a removed stream, without media; nil if none had a segment.
  package var end: WindowEnd? { lastEnd.withLock { $0 } }

  // MARK: On the stream's thread

  private func supervise(after earlier: WindowEnd?) {
    var active = ActiveSession()
    active.earlier = earlier ?? predecessorEnd
    while true {
      let (action, events) = orders.next()
      for event in events { handle(event, &active) }
      switch action {
      case .begin: begin(&active)
      case .stop: stop(&active)
      case .quit(let isEnding): return quit(&active, isEnding)
      case .wait, nil: break
      }
    }
  }

  /// The counts of the stream in the process before; nil if there are none.
  private var predecessorEnd: WindowEnd? {
    guard plan.countsOnFromPredecessor, let predecessor = Predecessor.ofProcess else { return nil }
    return HandoverCounts(of: name, from: predecessor)?.end
  }

  private func handle(_ event: StreamOrders.Event, _ active: inout ActiveSession) {
    switch event {
    case .opened(let session, let cancellation):
      guard active.start?.cancellation === cancellation else { return session.leave() }
      active.start = nil
      active.session = session
      orders.update { $0.opened() }
      plan.outages.change { $0.opened() }
      become(.live(session))
      examineNextPublisher(&active)
    case .notOpened(let failure, let cancellation):
      guard active.start?.cancellation === cancellation else { return }
      active.start = nil
      fail(failure)
    case .finished(let session, let outcome):
      guard active.session === session else { return }
      finish(session, outcome, &active)
    case .publisherBegan: examineNextPublisher(&active)
    }
  }

  /// The number of publishers up to now.
  private var publishers: UInt64 { plan.publishers?.count() ?? 0 }

  /// Replaces a session that is encoded since the publisher before could not be passed through.
  private func examineNextPublisher(_ active: inout ActiveSession) {
    let former = active.verdict.encodingReason
    active.verdict = active.verdict.concerning(publishers)
    guard let former, active.verdict.encodingReason == nil, let session = active.session,
      session.configuration.encodingReason == former
    else { return }
    renew(.info, "publisher-examined", "the publisher before could not be passed through")
    leave(session, &active)
  }

  /// Leaves a session that another one replaces.
  private func leave(_ session: StreamSession, _ active: inout ActiveSession) {
    active.session = nil
    session.leave()
    active.earlier = session.takeEnd() ?? active.earlier
  }

  private func finish(
    _ session: StreamSession, _ outcome: SessionOutcome, _ active: inout ActiveSession
  ) {
    active.segmentation = session.configuration.segmentation
    active.audio.merge(session.configuration.audioParameters) { $1 }
    active.verdict = active.verdict.concerning(publishers)
    switch outcome {
    case .sourceEnded:
      orders.update { $0.sourceEnded() }
      log.write(.info, "ended", stream: name, "the source has ended")
      session.end()
      return become(.ended(session))
    case .irregularKeyFrames:
      log.write(
        .warning, "irregular", stream: name, "key frames are irregular: restarting the stream")
      active.verdict = active.verdict.irregular()
      return continueSource(of: session, &active)
    case .otherRate(let reason, let facts):
      log.write(
        .warning, "other-rate", stream: name, "\(reason): encoding it at the rate of the stream")
      active.verdict = active.verdict.encoded(reason)
      return continueSource(of: session, with: facts, &active)
    case .audioAppeared(let facts): return continueSource(of: session, with: facts, &active)
    case .tracksChanged:
      renew(.warning, "tracks-changed", "the publisher sends other video tracks")
    case .unfit(let reason):
      renew(.warning, "unfit", "the source cannot be passed through any longer (\(reason))")
      active.verdict = active.verdict.unfit()
    case .unpaced(let reason):
      renew(.warning, "unfit", "\(reason): the source cannot be passed through any longer")
      active.verdict = active.verdict.encoded(reason)
    case .encoderChanged:
      renew(.warning, "encoder-changed", "another encoder continues after the crash")
    case .upstreamChanged:
      renew(.info, "upstream-changed", "the upstream has begun another session")
    case .failed(let failure):
      fail(failure)
    }
    leave(session, &active)
  }

  /// Renews a session whose source continues; `facts` replace those about the source.
  private func continueSource(
    of session: StreamSession, with facts: SourceFacts? = nil, _ active: inout ActiveSession
  ) {
    active.session = nil
    active.continued = session.leaveSource().map { former in
      StreamPlan.ContinuedSource(source: former.source, facts: facts ?? former.facts)
    }
    active.earlier = session.takeEnd() ?? active.earlier
    orders.update { $0.renew() }
  }

  private func renew(_ level: Log.Level, _ event: StaticString, _ reason: String) {
    log.write(level, event, stream: name, "\(reason): restarting the stream")
    orders.update { $0.renew() }
  }

  private func fail(_ failure: SessionFailure) {
    let retryAt = orders.update { life in
      life.failed(SystemClock.monotonicTime)
      return life.retryAt
    }
    plan.outages.fail(failure, retryAt: retryAt)
    become(.failed(failure))
  }

  private func begin(_ active: inout ActiveSession) {
    become(.starting)
    active.verdict = active.verdict.concerning(publishers)
    let start = StreamPlan.Start(
      cancellation: StartCancellation(), verdict: active.verdict,
      continued: active.continued.take(), earlier: active.earlier,
      segmentation: active.segmentation, audio: active.audio)
    // The session has the media; if the start fails, the next one begins without.
    active.earlier = active.earlier?.withoutMedia
    let thread = OSThread(name: "start") { [self] in open(start) }
    guard let thread else {
      start.continued?.source.stop()
      return fail(.thread)
    }
    active.start = (thread, start.cancellation)
  }

  private func stop(_ active: inout ActiveSession) {
    if active.session != nil {
      log.write(.info, "idle", stream: name, "stopped: no requests")
    }
    become(.idle)
    leave(&active)
    active.verdict = active.verdict.encoded(nil)
    plan.outages.change { $0.reset() }
  }

  private func quit(_ active: inout ActiveSession, _ isEnding: Bool) {
    if isEnding, let session = active.session {
      session.end()
      become(.ended(session))
    }
    orders.close()
    leave(&active)
    lastEnd.withLock { $0 = active.earlier }
  }

  private func leave(_ active: inout ActiveSession) {
    if let start = active.start {
      start.cancellation.cancel()
      // It may itself wait for the threads of its source.
      let limit = ThreadGroup.limit + .milliseconds(500)
      log.join(start.thread, until: SystemClock.monotonicTime + limit, stream: name)
      active.start = nil
      // A session that the start has opened meanwhile is not used.
      for event in orders.takeEvents() {
        if case .opened(let session, _) = event { session.leave() }
      }
    }
    if let session = active.session.take() {
      active.audio.merge(session.configuration.audioParameters) { $1 }
      session.leave()
      // Numbers continue; the media is not kept for a request that may never come.
      active.earlier = session.takeEnd()?.withoutMedia ?? active.earlier
    }
    active.continued.take()?.source.stop()
  }

  private func become(_ phase: Phase) {
    let observers = shared.withLock { shared in
      shared.phase = phase
      return shared.observers
    }
    for observer in observers { observer() }
  }

  // MARK: On the thread of a start

  private func open(_ start: StreamPlan.Start) {
    let began = SystemClock.monotonicTime
    do throws(SessionFailure) {
      let planned = try plan.session(start)
      let session = StreamSession(
        planned.configuration, source: planned.source, upstream: planned.upstream,
        replacing: .ofProcess, outages: plan.outages, log: log)
      session.logFirstPlaylist(since: began, log)
      session.logShortenedWindows(log)
      do throws(SessionFailure) { try session.start() } catch {
        session.leave()
        throw error
      }
      plan.opened(planned.configuration)
      tell(.opened(session, start.cancellation))
      session.whenFinished { [weak self, weak session] outcome in
        if let session { self?.tell(.finished(session, outcome)) }
      }
    } catch {
      tell(.notOpened(error, start.cancellation))
    }
  }

  private func tell(_ event: StreamOrders.Event) {
    // This start was left when the stream was removed: its session is not used.
    if !orders.tell(event), case .opened(let session, _) = event { session.leave() }
  }
}
