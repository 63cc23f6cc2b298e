// SPDX-License-Identifier: Apache-2.0

import Time

/// The stills that are asked for and not made: a pure state machine.
///
/// All who ask for one still share it. Stills of newest frames come first, but other stills are
/// made in turn with them, in the order of their requests: a frame is the newest one again and
/// again.
struct StillQueue<Waiter: Sendable>: Sendable {
  /// A still, and its waiters.
  struct Job: Sendable {
    let request: StillRequest
    var waiters: [Waiter]
    let deadline: MonotonicTime
  }

  /// The most stills that wait.
  private let limit: Int
  /// The most stills of a track that wait.
  private let trackLimit: Int
  /// Whether the still that was made last is one of a newest frame.
  private var followsNewest = false
  private var jobs: [StillName: Job] = [:]
  private var newest: [StillName] = []
  private var past: [StillName] = []

  init(limit: Int, trackLimit: Int) {
    self.limit = limit
    self.trackLimit = trackLimit
  }

  /// The number of stills that wait.
  var count: Int { jobs.count }

  /// Adds a request.
  ///
  /// - Returns: false if too many others wait.
  mutating func add(
    _ request: StillRequest, _ waiter: Waiter, until deadline: MonotonicTime
  ) -> Bool {
    let name = request.name
    if jobs[name] != nil {
      jobs[name]?.waiters.append(waiter)
      return true
    }
    let others = jobs.keys.count { $0.track == name.track }
    guard jobs.count < limit, others < trackLimit else { return false }
    jobs[name] = Job(request: request, waiters: [waiter], deadline: deadline)
    if request.isNewest { newest.append(name) } else { past.append(name) }
    return true
  }

  /// The still that is made next; it stays until ``finish(_:)``, so that others can join it.
  var next: StillRequest? {
    let name = followsNewest ? past.first ?? newest.first : newest.first ?? past.first
    return name.flatMap { jobs[$0]?.request }
  }

  /// Removes a still that was made, or cannot be made.
  ///
  /// - Returns: its waiters.
  mutating func finish(_ name: StillName) -> [Waiter] {
    followsNewest = jobs[name]?.request.isNewest ?? followsNewest
    return remove(name)
  }

  private mutating func remove(_ name: StillName) -> [Waiter] {
    newest.removeAll { $0 == name }
    past.removeAll { $0 == name }
    guard let job = jobs.removeValue(forKey: name) else { return [] }
    return job.waiters
  }

  /// Removes the stills that have waited until their deadline.
  mutating func expired(_ now: MonotonicTime) -> [Waiter] {
    let names = jobs.filter { $0.value.deadline <= now }.map(\.key)
    return names.flatMap { remove($0) }
  }
}
