// SPDX-License-Identifier: Apache-2.0

package import Logging
import Packaging
import Scheduling
import Sharing

/// One configured stream over its whole life, of which a ``StreamSession`` is one run.
///
/// A thread of its own decides and waits by ``StreamLifecycle``; starts run on another, since a source may take its time.
package final class StreamSupervisor: Sendable {
  /// How it is with the stream.
  package enum Phase: Sendable {
    /// Nothing runs; a stream on demand waits to be asked for.
    case idle
    /// Source and encoders are being opened.
    case starting
    /// It runs; its window may be filling still.
    case live(StreamSession)
    /// Its source has ended, or it was taken away; what its window has is served.
    case ended(StreamSession)
    /// It could not start, or has failed for good.
    case failed(StreamSession.Failure)
  }

  /// What its threads tell it.
  private enum Event: Sendable {
    case opened(StreamSession, StartCancellation)
    case notOpened(StreamSession.Failure, StartCancellation)
    case failed(StreamSession.Failure, StreamSession)
    case sourceEnded(StreamSession)
  }

  private struct Orders: Sendable {
    var life: StreamLifecycle
    var events: [Event] = []
  }

  /// What runs; confined to the stream's own thread.
  private struct ActiveSession {
    var start: (thread: OSThread, cancellation: StartCancellation)?
    var live: StreamSession?
  }

  /// What was asked for.
  package let plan: StreamPlan
  private let log: Log
  private let orders: Monitor<Orders>
  private let shared = Locked<(phase: Phase, watchers: [@Sendable () -> Void])>((.idle, []))
  private let lastUse = Locked<Int64>(0)
  private let thread = Locked<OSThread?>(nil)

  /// A stream of which nothing runs yet.
  package init(_ plan: StreamPlan, log: Log) {
    self.plan = plan
    self.log = log
    orders = Monitor(
      Orders(life: StreamLifecycle(isOnDemand: plan.isOnDemand, isRetried: plan.isRetried)))
  }

  /// The first element of its URLs.
  package var name: String { plan.name }
  /// How it is with the stream now.
  package var phase: Phase { shared.withLock { $0.phase } }

  /// Asks for `body` to be called after each change of the phase, on a thread of the stream.
  package func subscribe(_ body: @escaping @Sendable () -> Void) {
    shared.withLock { $0.watchers.append(body) }
  }

  /// Starts the stream; one on demand waits for the first ``use(_:)``.
  package func start() {
    if !plan.isOnDemand { orders.update { $0.life.want(.running) } }
    let started = OSThread(name: "stream") { [self] in govern() }
    thread.withLock { $0 = started }
    if started == nil { become(.failed(.thread)) }
  }

  /// Says that somebody asks for the stream at `now`, in monotonic nanoseconds: one on demand starts, or goes on.
  package func use(_ now: Int64) {
    guard plan.isOnDemand else { return }
    lastUse.withLock { $0 = max($0, now) }
    // The mailbox wakes a thread: only where there is something to do.
    if case .idle = phase { orders.update { $0.life.want(.running) } }
  }

  /// Lets the stream go for good; returns at once.
  ///
  /// - Parameter isEnding: whether its players are told that it has ended; else they wait for another to go on.
  package func beginClosing(isEnding: Bool) {
    orders.update { $0.life.want(.over(isEnding: isEnding)) }
  }

  /// Blocks until nothing of a stream that was let go runs any longer.
  package func waitUntilClosed() { thread.withLock { $0 }?.join() }

  // MARK: On the stream's own thread

  private func govern() {
    var run = ActiveSession()
    while true {
      let (action, events) = take()
      for event in events { handle(event, &run) }
      switch action {
      case .begin: begin(&run)
      case .stop: stop(&run)
      case .quit(let isEnding): return quit(&run, isEnding)
      case .wait, nil: break
      }
    }
  }

  /// Waits for the next thing to do: what happened first, then what follows from it.
  private func take() -> (StreamLifecycle.Action?, [Event]) {
    var deadline = Int64.max
    while true {
      let found: (StreamLifecycle.Action?, [Event])?? = orders.wait(until: deadline) {
        [lastUse] orders in
        if !orders.events.isEmpty {
          defer { orders.events = [] }
          return .some((nil, orders.events))
        }
        let action = orders.life.next(
          SystemClock.monotonic, lastUse: lastUse.withLock { $0 })
        if case .wait(let until) = action {
          // A later deadline than the one that is waited for would be waited for in vain.
          return until < deadline ? .some((.wait(until: until), [])) : nil
        }
        return .some((action, []))
      }
      switch found ?? nil {
      case (.wait(let until), _)?: deadline = until
      case let found?: return found
      case nil: deadline = .max
      }
    }
  }

  private func handle(_ event: Event, _ run: inout ActiveSession) {
    switch event {
    case .opened(let live, let cancellation):
      guard run.start?.cancellation === cancellation else { return live.leave() }
      run.start = nil
      run.live = live
      orders.update { $0.life.opened() }
      become(.live(live))
    case .notOpened(let failure, let cancellation):
      guard run.start?.cancellation === cancellation else { return }
      run.start = nil
      fail(failure)
    case .failed(let failure, let live):
      guard run.live === live else { return }
      if case .irregular = failure { renew() } else { fail(failure) }
      run.live = nil
      live.leave()
    case .sourceEnded(let live):
      guard run.live === live else { return }
      orders.update { $0.life.sourceEnded() }
      log.write(.info, "ended", stream: name, "the stream has ended")
      live.end()
      become(.ended(live))
    }
  }

  private func fail(_ failure: StreamSession.Failure) {
    orders.update { $0.life.failed(SystemClock.monotonic) }
    become(.failed(failure))
  }

  /// Begins anew with what was learnt of the source.
  private func renew() {
    log.write(
      .warning, "irregular", stream: name,
      "the source's key pictures keep no distance: the stream begins anew, with segments that end with them"
    )
    plan.turnedIrregular()
    orders.update { $0.life.renew() }
  }

  private func begin(_ run: inout ActiveSession) {
    become(.starting)
    let cancellation = StartCancellation()
    let thread = OSThread(name: "start") { [self] in open(cancellation) }
    guard let thread else { return fail(.thread) }
    run.start = (thread, cancellation)
  }

  private func stop(_ run: inout ActiveSession) {
    if run.live != nil { log.write(.info, "idle", stream: name, "stopped: nobody asks for it") }
    become(.idle)
    leave(&run)
  }

  private func quit(_ run: inout ActiveSession, _ isEnding: Bool) {
    if isEnding, let live = run.live {
      live.end()
      become(.ended(live))
    }
    leave(&run)
  }

  private func leave(_ run: inout ActiveSession) {
    if let start = run.start {
      start.cancellation.cancel()
      start.thread.join()
      run.start = nil
      // What it has opened meanwhile belongs to nobody.
      for event in orders.update({ orders in
        defer { orders.events = [] }
        return orders.events
      }) {
        if case .opened(let live, _) = event { live.leave() }
      }
    }
    run.live?.leave()
    run.live = nil
  }

  private func become(_ phase: Phase) {
    let watchers = shared.withLock { shared in
      shared.phase = phase
      return shared.watchers
    }
    for watcher in watchers { watcher() }
  }

  // MARK: On the thread of a start

  private func open(_ cancellation: StartCancellation) {
    let began = SystemClock.monotonic
    do throws(StreamSession.Failure) {
      let configuration = try plan.configuration(cancellation)
      let live = StreamSession(configuration, log: log)
      announce(live, since: began)
      do throws(StreamSession.Failure) {
        try live.start { [weak self, weak live] failure in
          if let live { self?.tell(.failed(failure, live)) }
        }
      } catch {
        live.leave()
        throw error
      }
      tell(.opened(live, cancellation))
      plan.opened(configuration)
      if case .network(let source) = configuration.source {
        source.whenEnded { [weak self, weak live] in
          if let live { self?.tell(.sourceEnded(live)) }
        }
      }
    } catch {
      tell(.notOpened(error, cancellation))
    }
  }

  private func tell(_ event: Event) { orders.update { $0.events.append(event) } }

  /// Logs once when the first playlist can be played.
  private func announce(_ live: StreamSession, since began: Int64) {
    let isAnnounced = Locked(false)
    live.window.subscribe { [log, name, weak window = live.window] in
      guard let window, window.snapshot.state == .live, !window.snapshot.segments.isEmpty else {
        return
      }
      let isFirst = isAnnounced.withLock { announced in
        defer { announced = true }
        return !announced
      }
      guard isFirst else { return }
      let elapsed = (SystemClock.monotonic - began) / 1_000_000
      log.write(.info, "live", stream: name, "playable after \(elapsed) ms")
    }
  }
}
