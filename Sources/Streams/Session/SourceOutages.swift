// SPDX-License-Identifier: Apache-2.0

package import ChunkStream
import Logging
import Sharing
package import Time

/// The outages of the inputs of one stream: a pure state machine.
///
/// A stream with backup inputs has an outage while none of them supplies frames, and that of the
/// preferred one counts.
package struct OutageList: Sendable {
  /// The number of inputs.
  package var inputs = 1
  private var found: [Int: SourceOutage] = [:]
  private var failure: SourceOutage?

  /// No outages.
  package init() {}

  /// The outage of the stream; nil while it gets media, or before the first attempt has failed.
  package var outage: SourceOutage? {
    if let failure { return failure }
    guard found.count >= inputs else { return nil }
    return found.min { $0.key < $1.key }?.value
  }

  /// Notes that an input supplies no media; an outage keeps the time of its beginning.
  ///
  /// - Parameters:
  ///   - input: its index, from 0.
  ///   - kind: of the outage.
  ///   - reason: as in the log, without secrets.
  ///   - now: the present time.
  ///   - retryAt: the next attempt; nil if there is none.
  package mutating func note(
    _ input: Int, _ kind: SourceOutage.Kind, _ reason: String, at now: WallTime, retryAt: WallTime?
  ) {
    let since = found[input]?.since ?? now
    found[input] = SourceOutage(kind: kind, reason: reason, since: since, retryAt: retryAt)
  }

  /// Notes that an input supplies media.
  package mutating func clear(_ input: Int) { found[input] = nil }

  /// Notes that a session could not start or has failed.
  package mutating func fail(
    _ kind: SourceOutage.Kind, _ reason: String, at now: WallTime, retryAt: WallTime?
  ) {
    let since = failure?.since ?? now
    failure = SourceOutage(kind: kind, reason: reason, since: since, retryAt: retryAt)
  }

  /// Notes that a session has started.
  package mutating func opened() { failure = nil }

  /// Notes that nothing is tried any more, such as for an idle stream on demand.
  package mutating func reset() { (found, failure) = ([:], nil) }
}

/// The outages of the inputs of one stream, and the state of the media of its publisher, over all
/// its sessions.
package final class SourceOutages: Sendable {
  private struct State: Sendable {
    var list = OutageList()
    var observer: (@Sendable (SourceOutage?) -> Void)?
    var publisher: PublisherNote?
    var publisherObserver: (@Sendable (PublisherNote?) -> Void)?
  }

  private let state = Locked(State())

  /// No outages.
  package init() {}

  /// The outage of the stream; nil while it gets media.
  package var outage: SourceOutage? { state.withLock { $0.list.outage } }

  /// The state of the media of the present publisher; nil without one, or without any media.
  package var publisher: PublisherNote? { state.withLock { $0.publisher } }

  /// Sets the state of the media of the present publisher, and tells the observer of a change.
  package func note(publisher: PublisherNote?) {
    let observer: (@Sendable (PublisherNote?) -> Void)? = state.withLock { state in
      guard state.publisher != publisher else { return nil }
      state.publisher = publisher
      return state.publisherObserver
    }
    observer?(publisher)
  }

  /// Calls `body` with the state of the media of the publisher after each change, on the thread of
  /// the change.
  func observePublisher(_ body: @escaping @Sendable (PublisherNote?) -> Void) {
    state.withLock { $0.publisherObserver = body }
  }

  /// Calls `body` with the outage of the stream after each change, on the thread of the change.
  func observe(_ body: @escaping @Sendable (SourceOutage?) -> Void) {
    state.withLock { $0.observer = body }
  }

  /// Notes that an input supplies no media.
  ///
  /// - Parameters:
  ///   - kind: of the outage.
  ///   - reason: as in the log.
  ///   - input: its index, from 0.
  ///   - retryAt: the next attempt; nil if there is none.
  package func note(
    _ kind: SourceOutage.Kind, _ reason: String, input: Int = 0, retryAt: MonotonicTime? = nil
  ) {
    let (text, now) = (Redaction.redact(reason), SystemClock.wallTime)
    change { $0.note(input, kind, text, at: now, retryAt: retryAt.map(Self.wall)) }
  }

  /// Notes that an input supplies media.
  func clear(_ input: Int = 0) { change { $0.clear(input) } }

  /// Notes that a session could not start or has failed.
  ///
  /// - Parameters:
  ///   - failure: the failure.
  ///   - retryAt: the next start; nil if there is none, or only upon a request.
  package func fail(_ failure: SessionFailure, retryAt: MonotonicTime?) {
    let (text, now) = (Redaction.redact("\(failure)"), SystemClock.wallTime)
    change { $0.fail(.init(failure), text, at: now, retryAt: retryAt.map(Self.wall)) }
  }

  /// Changes the outages, and tells the observer.
  func change(_ body: (inout OutageList) -> Void) {
    let (observer, outage) = state.withLock { state in
      body(&state.list)
      return (state.observer, state.list.outage)
    }
    observer?(outage)
  }

  private static func wall(_ time: MonotonicTime) -> WallTime {
    WallTime(time, plus: SystemClock.wallMinusMonotonic)
  }
}

extension OutageFields {
  /// The outage of a stream, for the server.
  init(_ outage: SourceOutage) {
    self.init(
      kind: outage.kind.rawValue, reason: outage.reason,
      wait: outage.retryAt.map { $0 - SystemClock.wallTime })
  }
}

extension SourceOutages {
  /// Takes the outage of a source in another process; nil if it supplies media.
  func take(_ fields: OutageFields?) {
    guard let fields else { return clear() }
    note(
      SourceOutage.Kind(rawValue: fields.kind) ?? .failed, fields.reason,
      retryAt: fields.wait.map { SystemClock.monotonicTime + $0 })
  }
}
