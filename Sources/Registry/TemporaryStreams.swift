// SPDX-License-Identifier: Apache-2.0

package import Access
package import Logging
import Packaging
package import Publishing
package import Server
import Sharing
import Time

/// Streams that publishers create: each is removed when it has had no publisher for a time.
package final class TemporaryStreams: Sendable {
  private struct State: Sendable {
    var streams = CreatedStreamTable()
    /// The clients that wait for a stream that is being created, by its name: the tracks of one
    /// publisher arrive at once.
    var waiting: [String: [@Sendable (AccessRefusal?) -> Void]] = [:]
    var isWatched = false
  }

  private static let interval = Interval.seconds(1)

  private let registry: StreamRegistry
  private let publishers: PublisherRegistry
  private let serverState: ServerState
  private let log: Log
  private let state = Locked(State())

  /// The created streams of a registry.
  ///
  /// - Parameters:
  ///   - registry: adds and removes the streams.
  ///   - publishers: has their publishers.
  ///   - serverState: the streams of the server.
  ///   - log: the log.
  package init(
    _ registry: StreamRegistry, _ publishers: PublisherRegistry, _ serverState: ServerState,
    log: Log
  ) {
    self.registry = registry
    self.publishers = publishers
    self.serverState = serverState
    self.log = log
  }

  /// Creates a stream.
  ///
  /// - Parameters:
  ///   - name: the name of the stream, as a publisher gives it.
  ///   - application: the application of the publisher; that of a stream without publishers is
  ///     refused.
  ///   - answer: called once, on any thread, with nil if the stream exists, or with the reason.
  package func create(
    _ name: String, application: String, answer: @escaping @Sendable (AccessRefusal?) -> Void
  ) {
    // It was removed by a request or by the configuration.
    if state.withLock({ $0.streams.contains(name) && !publishers.contains(name) }) { forget(name) }
    let (isFirst, exists) = state.withLock { state in
      if state.waiting[name] != nil {
        state.waiting[name]?.append(answer)
        return (false, false)
      }
      guard !state.streams.contains(name) else { return (false, true) }
      state.waiting[name] = [answer]
      return (true, false)
    }
    if exists { return answer(nil) }
    guard isFirst else { return }
    guard StreamName.isValid(name), !serverState.hasStream(application) else {
      return settle(name, .unknown)
    }
    if let refusal = serverState.createdStreams.take(name).refusal {
      // Who has the name is not told.
      return settle(name, refusal == .taken ? .unknown : refusal)
    }
    registry.add(published: name) { [self] result in
      switch result {
      case .added:
        state.withLock { $0.streams.add(name, at: SystemClock.monotonicTime) }
        watch()
        settle(name, nil)
      case .removed, .removing, .unknown, .refused, .taken:
        serverState.createdStreams.release(name)
        settle(name, .unknown)
      }
    }
  }

  private func settle(_ name: String, _ refusal: AccessRefusal?) {
    let answers = state.withLock { $0.waiting.removeValue(forKey: name) ?? [] }
    for answer in answers { answer(refusal) }
  }

  private func forget(_ name: String) {
    if state.withLock({ $0.streams.remove(name) }) { serverState.createdStreams.release(name) }
  }

  /// Looks for streams to be removed while there are some.
  private func watch() {
    let isFirst = state.withLock { state in
      defer { state.isWatched = !state.streams.isEmpty }
      return !state.isWatched && !state.streams.isEmpty
    }
    if isFirst { look() }
  }

  /// Removes the streams whose time is over, and looks again while streams are left.
  private func look() {
    check(SystemClock.monotonicTime)
    guard
      state.withLock({ state in
        state.isWatched = !state.streams.isEmpty
        return state.isWatched
      })
    else { return }
    TimerThread.ofProcess.run(at: SystemClock.monotonicTime + Self.interval) { [self] in look() }
  }

  private func check(_ now: MonotonicTime) {
    let (gone, over) = state.withLock { [publishers] state in
      state.streams.expire(at: now) { name in
        publishers.contains(name) ? publishers.hasPublisher(name) : nil
      }
    }
    // Removed by a request or by the configuration.
    for name in gone { serverState.createdStreams.release(name) }
    for name in over {
      log.write(
        .info, "unpublished", stream: name,
        "no publisher for \(CreatedStreamLimit.lingerTime.wholeSeconds) s")
      // A publisher that returns now gets a new stream, after the end of this one.
      serverState.createdStreams.release(name)
      registry.remove(name) { _ in }
    }
  }
}
