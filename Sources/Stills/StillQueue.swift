// SPDX-License-Identifier: Apache-2.0

import Time

/// The stills that are asked for and not made: a pure state machine.
///
/// All who ask for one still share it. Stills of newest frames come first; the others are made in
/// the order of their requests.
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
    (newest.first ?? past.first).flatMap { jobs[$0]?.request }
  }

  /// Removes a still that was made, or cannot be made.
  ///
  /// - Returns: its waiters.
  mutating func finish(_ name: StillName) -> [Waiter] {
    newest.removeAll { $0 == name }
    past.removeAll { $0 == name }
    return jobs.removeValue(forKey: name)?.waiters ?? []
  }

  /// Removes the stills that have waited until their deadline.
  mutating func expired(_ now: MonotonicTime) -> [Waiter] {
    let names = jobs.filter { $0.value.deadline <= now }.map(\.key)
    return names.flatMap { finish($0) }
  }
}
