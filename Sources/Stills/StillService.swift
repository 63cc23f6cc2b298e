// SPDX-License-Identifier: Apache-2.0

package import Logging
import Sharing
import Time

/// Makes the stills that are asked for, in a process of its own.
///
/// All who ask for a still share one decoding and one picture. Any thread may ask; one thread talks
/// to the process. The process starts with the first request, ends after ``idleTime`` without one,
/// and a process that has crashed is replaced for the next request.
package final class StillService: Sendable {
  /// Takes a still, or the reason why there is none; on the thread of the service.
  package typealias Waiter = @Sendable (Result<Still, StillFailure>) -> Void

  /// How long the process, and the decoder of a followed track, outlive the last request.
  static let idleTime = Interval.seconds(10)
  /// How long a request may wait.
  private static let waitLimit = Interval.seconds(5)
  /// The most bytes of kept stills.
  private static let cacheLimit = 16 << 20
  /// The most bytes of archived media of stills: a few groups of frames of 2160p.
  private static let mediaLimit = 32 << 20

  fileprivate struct Followed: Sendable {
    var until: MonotonicTime
    var newest: @Sendable () -> StillRequest?
    var isDue = true
  }

  fileprivate struct State: Sendable {
    var queue = StillQueue<Waiter>(limit: 64, trackLimit: 16)
    var cache = StillCache(limit: StillService.cacheLimit)
    var followed: [StillTrack: Followed] = [:]
    var hasStarted = false
    var counts = StillCounts()
  }

  fileprivate enum Task: Sendable {
    case still(StillRequest)
    case follow(@Sendable () -> StillRequest?)
  }

  /// The memory for archived media.
  package let media = StillMediaBudget(limit: mediaLimit)
  private let state = Monitor(State())
  private let log: Log

  /// A service without a process.
  package init(log: Log) { self.log = log }

  /// The counts since the start.
  package var counts: StillCounts { state.update { $0.counts } }

  // MARK: Requests

  /// Asks for a still.
  ///
  /// - Parameters:
  ///   - request: the still.
  ///   - waiter: takes the result, unless it is returned.
  /// - Returns: a still that was made before, or why the request is refused; nil if `waiter` gets
  ///   the result.
  package func ask(
    _ request: StillRequest, _ waiter: @escaping Waiter
  ) -> Result<Still, StillFailure>? {
    let now = SystemClock.monotonicTime
    let (known, starts) = state.update { state -> (Result<Still, StillFailure>?, Bool) in
      if let still = state.cache[request.name] { return (.success(still), false) }
      guard state.queue.add(request, waiter, until: now + Self.waitLimit) else {
        state.counts.refused += 1
        return (.failure(.busy), false)
      }
      defer { state.hasStarted = true }
      return (nil, !state.hasStarted)
    }
    guard starts, OSThread(name: "stills", { [self] in work() }) == nil else { return known }
    // The system refuses a thread.
    let waiters = state.update { state in
      state.hasStarted = false
      return state.queue.finish(request.name)
    }
    for waiter in waiters { waiter(.failure(.busy)) }
    return known
  }

  /// Keeps a decoder at the newest frame of a track for ``idleTime``.
  ///
  /// - Parameters:
  ///   - track: the track.
  ///   - newest: the still of the newest frame; called on the thread of the service.
  package func follow(_ track: StillTrack, _ newest: @escaping @Sendable () -> StillRequest?) {
    let until = SystemClock.monotonicTime + Self.idleTime
    state.update { state in
      if state.followed[track] == nil {
        state.followed[track] = Followed(until: until, newest: newest)
      } else {
        state.followed[track]?.until = until
      }
    }
  }

  /// Notes that a track has a newer frame.
  package func published(_ track: StillTrack) {
    state.update { $0.followed[track]?.isDue = true }
  }

  // MARK: The thread

  private func work() {
    var desk = StillDesk(log: log)
    var idleAt = MonotonicTime.distantFuture
    while true {
      let task = state.wait(until: idleAt) { $0.next(SystemClock.monotonicTime) }
      let now = SystemClock.monotonicTime
      switch task {
      case nil:
        desk.close()
        idleAt = .distantFuture
      case .still(let request):
        let late = state.update { $0.queue.expired(now) }
        for waiter in late { waiter(.failure(.busy)) }
        let made = desk.make(request)
        // A client that has the answer finds it counted.
        add(desk.takeCounts())
        finish(request, made, after: SystemClock.monotonicTime - now)
        idleAt = SystemClock.monotonicTime + Self.idleTime
      case .follow(let newest):
        // A track is followed while stills of it are made.
        if let newest = newest() { desk.decode(newest) }
        idleAt = SystemClock.monotonicTime + Self.idleTime
      }
      add(desk.takeCounts())
    }
  }

  private func add(_ counts: StillCounts) { state.update { $0.counts.add(counts) } }

  private func finish(
    _ request: StillRequest, _ made: Result<SharedBytes, StillFailure>, after duration: Interval
  ) {
    let result = made.map { Still($0) }
    let (waiters, removed) = state.update { state -> ([Waiter], [Still]) in
      var removed: [Still] = []
      if case .success(let still) = result { removed = state.cache.keep(still, as: request.name) }
      return (state.queue.finish(request.name, after: duration), removed)
    }
    PastMedia.add(texts: removed.map(\.bytes), at: SystemClock.monotonicTime)
    for waiter in waiters { waiter(result) }
  }
}

extension StillService.State {
  /// The next work; stills come before the decoding of newer frames.
  fileprivate mutating func next(_ now: MonotonicTime) -> StillService.Task? {
    if let request = queue.next { return .still(request) }
    followed = followed.filter { $0.value.until > now }
    guard let track = followed.first(where: { $0.value.isDue })?.key,
      let newest = followed[track]?.newest
    else { return nil }
    followed[track]?.isDue = false
    return .follow(newest)
  }
}
