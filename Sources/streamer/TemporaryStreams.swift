// SPDX-License-Identifier: Apache-2.0

import Logging
import Packaging
import Publishing
import Server
import Sharing
import Time

/// Streams that publishers create: each is removed when it has had no publisher for a time.
final class TemporaryStreams: Sendable {
  private struct State: Sendable {
    /// Since when each stream has no publisher; nil while it has one.
    var absent: [String: MonotonicTime?] = [:]
    var isWatched = false
  }

  /// How long a stream outlives its publisher.
  private static let lingerTime = Interval.seconds(60)
  private static let interval = Interval.seconds(1)

  private let registry: StreamRegistry
  private let publishers: PublisherRegistry
  private let serverState: ServerState
  private let limit: Int
  private let log: Log
  private let state = Locked(State())

  /// - Parameters:
  ///   - registry: adds and removes the streams.
  ///   - publishers: has their publishers.
  ///   - serverState: the streams of the server.
  ///   - limit: the largest number of these streams.
  ///   - log: the log.
  init(
    _ registry: StreamRegistry, _ publishers: PublisherRegistry, _ serverState: ServerState,
    limit: Int, log: Log
  ) {
    self.registry = registry
    self.publishers = publishers
    self.serverState = serverState
    self.limit = limit
    self.log = log
  }

  /// Creates a stream.
  ///
  /// - Parameters:
  ///   - name: the name of the stream, as a publisher gives it.
  ///   - application: the application of the publisher; that of a stream without publishers is
  ///     refused.
  ///   - answer: called once, on any thread, with true if the stream exists.
  func create(
    _ name: String, application: String, answer: @escaping @Sendable (Bool) -> Void
  ) {
    let now = SystemClock.monotonicTime
    guard StreamName.isValid(name), !serverState.hasStream(application),
      state.withLock({ state in
        guard state.absent[name] != nil || state.absent.count < limit else { return false }
        state.absent[name] = .some(now)
        return true
      })
    else { return answer(false) }
    let description = "{\"stream\": \"\(name)\", \"source\": \"rtmp\"}"
    registry.add(Array(description.utf8)) { [self] result in
      switch result {
      case .added:
        watch()
        answer(true)
      case .removed, .unknown, .refused, .taken:
        state.withLock { _ = $0.absent.removeValue(forKey: name) }
        answer(false)
      }
    }
  }

  /// Starts the thread that removes streams, unless it runs.
  private func watch() {
    let isFirst = state.withLock { state in
      defer { state.isWatched = true }
      return !state.isWatched
    }
    guard isFirst else { return }
    let thread = OSThread(name: "lingering") { [self] in
      while check(SystemClock.monotonicTime) {
        SystemClock.sleep(until: SystemClock.monotonicTime + Self.interval)
      }
    }
    if thread == nil { state.withLock { $0.isWatched = false } }
  }

  /// Removes the streams whose time is over.
  ///
  /// - Returns: false if no stream is left.
  private func check(_ now: MonotonicTime) -> Bool {
    let over = state.withLock { [publishers] state -> [String] in
      for name in state.absent.keys {
        let since = state.absent[name] ?? nil
        state.absent[name] = .some(publishers.hasPublisher(name) ? nil : since ?? now)
      }
      let over = state.absent.compactMap { name, since in
        since.map { now - $0 >= Self.lingerTime } == true ? name : nil
      }
      for name in over { state.absent[name] = nil }
      return over
    }
    for name in over {
      log.write(
        .info, "unpublished", stream: name,
        "no publisher for \(Self.lingerTime.wholeSeconds) s")
      registry.remove(name) { _ in }
    }
    return state.withLock { state in
      state.isWatched = !state.absent.isEmpty
      return state.isWatched
    }
  }
}
