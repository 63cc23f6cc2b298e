// SPDX-License-Identifier: Apache-2.0

import Time

/// The stills that are asked for and not made: a pure state machine.
///
/// All who ask for one still share it. The next one is that of the track on which least time was
/// spent. In a track stills of newest frames come first, but other stills are made in turn with
/// them, in the order of their requests: a frame is the newest one again and again.
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
  /// How long a still may wait.
  private let patience: Interval
  /// The tracks whose last still is one of a newest frame.
  private var followsNewest: Set<StillTrack> = []
  /// The time that was spent on tracks since the queue was empty.
  private var spent: [StillTrack: Interval] = [:]
  /// The time that a still of a track needs.
  private var needs: [StillTrack: Interval] = [:]
  /// The most tracks whose need is remembered.
  private static var maximumNeeds: Int { 256 }
  private var jobs: [StillName: Job] = [:]
  private var newest: [StillName] = []
  private var past: [StillName] = []

  init(limit: Int, trackLimit: Int, patience: Interval = .seconds(5)) {
    self.limit = limit
    self.trackLimit = trackLimit
    self.patience = patience
  }

  /// The number of stills that wait.
  var count: Int { jobs.count }

  /// Adds a request.
  ///
  /// - Returns: false if too many others wait, or those of the track need too long.
  mutating func add(
    _ request: StillRequest, _ waiter: Waiter, until deadline: MonotonicTime
  ) -> Bool {
    let name = request.name
    if jobs[name] != nil {
      jobs[name]?.waiters.append(waiter)
      return true
    }
    let others = jobs.keys.count { $0.track == name.track }
    guard jobs.count < limit, others < trackLimit, isInTime(name.track, after: others) else {
      return false
    }
    begin(name.track)
    jobs[name] = Job(request: request, waiters: [waiter], deadline: deadline)
    if request.isNewest { newest.append(name) } else { past.append(name) }
    return true
  }

  /// Whether a still of a track can be made in time, in turn with those of the other tracks.
  private func isInTime(_ track: StillTrack, after others: Int) -> Bool {
    guard let need = needs[track] else { return true }
    let tracks = Set(jobs.keys.lazy.map(\.track)).union([track])
    let foreign = tracks.subtracting([track]).reduce(Interval.zero) { $0 + (needs[$1] ?? .zero) }
    // bounded: intervals saturate
    return (need + foreign) * Int64(others + 1) <= patience
  }

  /// A track that was idle has no credit from that time.
  private mutating func begin(_ track: StillTrack) {
    let waiting = Set(jobs.keys.lazy.map(\.track))
    guard !waiting.contains(track), !waiting.isEmpty else { return }
    let least = waiting.reduce(Interval.max) { min($0, spent[$1] ?? .zero) }
    spent[track] = max(spent[track] ?? .zero, least)
  }

  /// The still that is made next; it stays until ``finish(_:after:)``, so that others can join it.
  var next: StillRequest? {
    let names = newest + past
    let least = names.map { spent[$0.track] ?? .zero }.min()
    guard let track = names.first(where: { spent[$0.track] ?? .zero == least })?.track else {
      return nil
    }
    let (first, second) = followsNewest.contains(track) ? (past, newest) : (newest, past)
    let name = first.first { $0.track == track } ?? second.first { $0.track == track }
    return name.flatMap { jobs[$0]?.request }
  }

  /// Removes a still that was made, or cannot be made.
  ///
  /// - Parameters:
  ///   - name: the still.
  ///   - duration: the time that it took.
  /// - Returns: its waiters.
  mutating func finish(_ name: StillName, after duration: Interval = .zero) -> [Waiter] {
    let track = name.track
    if let isNewest = jobs[name]?.request.isNewest {
      if isNewest { followsNewest.insert(track) } else { followsNewest.remove(track) }
    }
    spent[track] = (spent[track] ?? .zero) + duration
    if needs.count >= Self.maximumNeeds { needs = [:] }
    if duration > .zero {
      needs[track] = needs[track].map { ($0 + $0 + $0 + duration) / 4 } ?? duration
    }
    let waiters = remove(name)
    if jobs.isEmpty { (spent, followsNewest) = ([:], followsNewest.filter { $0 == track }) }
    return waiters
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
