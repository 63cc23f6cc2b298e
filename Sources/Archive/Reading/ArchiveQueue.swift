// SPDX-License-Identifier: Apache-2.0

package import Time

/// The questions about the past that wait for a thread: a pure machine.
///
/// Segments and stills go before lists, lists before clips. Within a rank the next one is that of
/// the stream and the address for which least was done. Clips never have all threads.
package struct ArchiveQueue: Sendable {
  /// The counts of questions that were not answered.
  package struct Counts: Sendable, Equatable {
    /// Refused, since too many waited, or one too long.
    package var refused: UInt64 = 0
    /// Dropped, since their clients had gone.
    package var dropped: UInt64 = 0
  }

  /// The next work of a thread.
  package enum Step: Sendable {
    case run(ArchiveJob)
    case refuse(ArchiveJob)
    /// Its client has gone.
    case drop(ArchiveJob)
  }

  private struct Waiting: Sendable {
    let job: ArchiveJob
    let since: MonotonicTime
  }

  /// How long a question waits while the threads answer others.
  package static let patience = Interval.milliseconds(900)
  /// The most questions of a rank that wait, and of one address among them.
  private static let capacity: [ArchiveRank: (all: Int, address: Int)] = [
    .segment: (512, 256), .list: (128, 32), .clip: (64, 4),
  ]
  /// The most keys whose work is remembered.
  private static let maximumKeys = 4096

  private let threads: Int
  private var waiting: [ArchiveRank: [Waiting]] = [:]
  private var running: [ArchiveRank: Int] = [:]
  /// The work that was begun for streams and for addresses since the queue was empty.
  private var streams: [String: Int64] = [:]
  private var addresses: [String: Int64] = [:]
  /// When a thread has ended a question last.
  private var progress: MonotonicTime
  /// See ``Counts``.
  package private(set) var counts = Counts()

  /// An empty queue for a number of threads.
  package init(threads: Int, now: MonotonicTime) {
    self.threads = threads
    progress = now
  }

  /// The number of questions that wait.
  package var count: Int { waiting.values.reduce(0) { $0 + $1.count } }

  /// Adds a question.
  ///
  /// - Returns: the question that is refused for it: itself, or the newest one of the address that
  ///   has most; nil if there is room.
  package mutating func add(_ job: ArchiveJob, now: MonotonicTime) -> ArchiveJob? {
    var list = waiting[job.rank] ?? []
    let capacity = Self.capacity[job.rank] ?? (1, 1)
    let own = list.count { $0.job.address == job.address }
    guard job.client == nil || own < capacity.address else { return refuse(job) }
    var refused: ArchiveJob?
    if list.count >= capacity.all {
      var counts: [String: Int] = [:]
      for one in list { counts[one.job.address, default: 0] += 1 }
      let most = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }
      guard let most, most.value > own + 1,
        let index = list.lastIndex(where: { $0.job.address == most.key })
      else { return refuse(job) }
      refused = refuse(list.remove(at: index).job)
    }
    begin(job)
    list.append(Waiting(job: job, since: now))
    waiting[job.rank] = list
    return refused
  }

  private mutating func refuse(_ job: ArchiveJob) -> ArchiveJob {
    counts.refused &+= 1  // bounded: a counter wraps after 2^64
    return job
  }

  /// The next step of a thread; nil if it has nothing to do now.
  package mutating func next(now: MonotonicTime) -> Step? {
    for rank in ArchiveRank.allCases {
      if let gone = abandoned(rank, now) { return .drop(gone) }
      if let late = late(rank, now) { return .refuse(late) }
      guard (running[rank] ?? 0) < limit(rank), let job = first(rank) else { continue }
      running[rank, default: 0] += 1
      note(job)
      return .run(job)
    }
    return nil
  }

  /// A thread has ended a question.
  package mutating func end(_ rank: ArchiveRank, now: MonotonicTime) {
    progress = now
    running[rank] = max(0, (running[rank] ?? 0) - 1)
    guard count == 0, running.values.allSatisfy({ $0 == 0 }) else { return }
    (streams, addresses) = ([:], [:])
  }

  /// Removes all questions that wait.
  package mutating func removeAll() -> [ArchiveJob] {
    defer { waiting = [:] }
    return waiting.values.flatMap { $0.map(\.job) }
  }

  /// When a question has waited too long; nil if none waits.
  package var deadline: MonotonicTime? {
    waiting.values.compactMap(\.first?.since).min().map { $0 + Self.patience }
  }

  /// The threads that a rank may have: one is always left for segments.
  private func limit(_ rank: ArchiveRank) -> Int {
    switch rank {
    case .segment: threads
    case .list: max(1, threads - 1)
    case .clip: max(1, threads - 2)
    }
  }

  private mutating func abandoned(_ rank: ArchiveRank, _ now: MonotonicTime) -> ArchiveJob? {
    let index = waiting[rank]?.firstIndex { !($0.job.client?.isWaiting(now) ?? true) }
    guard let index else { return nil }
    counts.dropped &+= 1  // bounded: a counter wraps after 2^64
    return waiting[rank]?.remove(at: index).job
  }

  /// The oldest question that has waited too long while others were answered.
  ///
  /// While all threads are in one question the disk does not answer, and the others wait for it.
  private mutating func late(_ rank: ArchiveRank, _ now: MonotonicTime) -> ArchiveJob? {
    let isStuck =
      running.values.reduce(0, +) >= threads && now - progress >= Self.patience
    guard !isStuck, let first = waiting[rank]?.first, now - first.since >= Self.patience,
      first.job.client != nil
    else { return nil }
    waiting[rank]?.removeFirst()
    return refuse(first.job)
  }

  private mutating func first(_ rank: ArchiveRank) -> ArchiveJob? {
    guard let list = waiting[rank], !list.isEmpty else { return nil }
    func work(_ job: ArchiveJob) -> Int64 {
      (streams[job.stream] ?? 0).addingSaturated(addresses[job.address] ?? 0)
    }
    let index = list.indices.min { (work(list[$0].job), $0) < (work(list[$1].job), $1) }
    return index.flatMap { waiting[rank]?.remove(at: $0).job }
  }

  /// A key that was idle has no credit from that time: it begins with the least of those that wait.
  private mutating func begin(_ job: ArchiveJob) {
    if streams.count + addresses.count > Self.maximumKeys { (streams, addresses) = ([:], [:]) }
    var least: (stream: Int64, address: Int64) = (.max, .max)
    var isWaiting = (stream: false, address: false)
    for one in waiting.values.joined() {
      least.stream = min(least.stream, streams[one.job.stream] ?? 0)
      least.address = min(least.address, addresses[one.job.address] ?? 0)
      if one.job.stream == job.stream { isWaiting.stream = true }
      if one.job.address == job.address { isWaiting.address = true }
    }
    guard least.stream < .max else { return }
    if !isWaiting.stream { streams[job.stream] = max(streams[job.stream] ?? 0, least.stream) }
    if !isWaiting.address {
      addresses[job.address] = max(addresses[job.address] ?? 0, least.address)
    }
  }

  private mutating func note(_ job: ArchiveJob) {
    streams[job.stream] = (streams[job.stream] ?? 0).addingSaturated(job.cost)
    addresses[job.address] = (addresses[job.address] ?? 0).addingSaturated(job.cost)
  }
}
