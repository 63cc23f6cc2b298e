// SPDX-License-Identifier: Apache-2.0

import Archive
import Sharing
import Testing
import Time

@Suite("The queue of questions about the past")
struct ArchiveQueueTests {
  private static let start = MonotonicTime(nanoseconds: 1_000_000_000)

  /// The answers and refusals, in their order.
  private let answers = Locked<[String]>([])

  private func job(
    _ name: String, _ rank: ArchiveRank = .segment, cost: Int64 = 1, stream: String = "live",
    from address: String = "a", until seconds: Int64 = 15
  ) -> (job: ArchiveJob, client: ArchiveClient) {
    let client = ArchiveClient(address: address, deadline: Self.start + .seconds(seconds))
    let answers = answers
    let job = ArchiveJob(
      rank, cost: cost, stream: stream, client: client,
      run: { answers.withLock { $0.append(name) } },
      refuse: { reason in answers.withLock { $0.append("\(name) \(reason == .busy)") } })
    return (job, client)
  }

  private func perform(_ step: ArchiveQueue.Step?) -> ArchiveRank? {
    switch step {
    case .run(let job):
      job.run()
      return job.rank
    case .refuse(let job): job.refuse(.busy)
    case .drop(let job): job.refuse(.abandoned)
    case nil: break
    }
    return nil
  }

  /// Answers all questions, each at once.
  private func drain(_ queue: inout ArchiveQueue, at now: MonotonicTime = start) -> [String] {
    while let step = queue.next(now: now) {
      if let rank = perform(step) { queue.end(rank, now: now) }
    }
    return answers.withLock { answers in
      defer { answers = [] }
      return answers
    }
  }

  @Test("segments go before lists, lists before clips")
  func ranks() {
    var queue = ArchiveQueue(threads: 3, now: Self.start)
    for (name, rank) in [("c", ArchiveRank.clip), ("l", .list), ("s", .segment), ("t", .segment)] {
      #expect(queue.add(job(name, rank).job, now: Self.start) == nil)
    }
    #expect(drain(&queue) == ["s", "t", "l", "c"])
  }

  @Test("one thread is left for segments, and one for lists and segments")
  func threads() {
    var queue = ArchiveQueue(threads: 3, now: Self.start)
    for index in 0..<4 {
      _ = queue.add(job("c\(index)", .clip).job, now: Self.start)
      _ = queue.add(job("l\(index)", .list).job, now: Self.start)
    }
    var running: [ArchiveRank] = []
    while let rank = perform(queue.next(now: Self.start)) { running.append(rank) }
    #expect(running == [.list, .list, .clip])
    _ = queue.add(job("s").job, now: Self.start)
    #expect(perform(queue.next(now: Self.start)) == .segment)
    queue.end(.clip, now: Self.start)
    #expect(perform(queue.next(now: Self.start)) == .clip)
    #expect(queue.next(now: Self.start) == nil)
  }

  @Test("streams and addresses take turns by their cost, and idleness gives no credit")
  func turns() {
    var queue = ArchiveQueue(threads: 3, now: Self.start)
    for index in 0..<4 { _ = queue.add(job("a\(index)", cost: 10).job, now: Self.start) }
    for index in 0..<3 {
      _ = queue.add(job("b\(index)", cost: 10, from: "b").job, now: Self.start)
    }
    _ = queue.add(job("o", stream: "other", from: "c").job, now: Self.start)
    #expect(drain(&queue) == ["a0", "o", "b0", "a1", "b1", "a2", "b2", "a3"])
    // An address that asks for the first time has no turns ahead of one that waits.
    for index in 0..<3 { _ = queue.add(job("a\(index)", cost: 10).job, now: Self.start) }
    for _ in 0..<2 { _ = perform(queue.next(now: Self.start)) }
    for index in 0..<3 {
      _ = queue.add(job("n\(index)", cost: 10, from: "n").job, now: Self.start)
    }
    #expect(drain(&queue).suffix(4) == ["a2", "n0", "n1", "n2"])
  }

  @Test("clips of one address leave room for those of others, and the last one is refused")
  func capacity() {
    var queue = ArchiveQueue(threads: 3, now: Self.start)
    for index in 0..<4 {
      #expect(queue.add(job("a\(index)", .clip).job, now: Self.start) == nil)
    }
    #expect(queue.add(job("a4", .clip).job, now: Self.start) != nil)
    for index in 0..<60 {
      let other = job("o\(index)", .clip, from: "o\(index)").job
      #expect(queue.add(other, now: Self.start) == nil)
    }
    // The queue is full: the newest of the address with most is refused for another address.
    let refused = queue.add(job("n", .clip, from: "n").job, now: Self.start)
    refused?.refuse(.busy)
    #expect(answers.withLock { $0 } == ["a3 true"])
    #expect(queue.count == 64 && queue.counts.refused == 2)
  }

  @Test("questions of clients that have gone, or whose deadline has passed, are dropped")
  func abandoned() {
    var queue = ArchiveQueue(threads: 3, now: Self.start)
    let (gone, late, waiting) = (job("g"), job("d", until: 0), job("w"))
    for one in [gone, late, waiting] { _ = queue.add(one.job, now: Self.start) }
    gone.client.leave()
    #expect(drain(&queue).sorted() == ["d false", "g false", "w"])
    #expect(queue.counts.refused == 0 && queue.counts.dropped == 2)
  }

  @Test("a question that waits while others are answered is refused within a second")
  func late() {
    var queue = ArchiveQueue(threads: 3, now: Self.start)
    for name in ["c0", "c1"] { _ = queue.add(job(name, .clip).job, now: Self.start) }
    #expect(perform(queue.next(now: Self.start)) == .clip)
    #expect(queue.next(now: Self.start) == nil)
    #expect(queue.deadline.map { $0 - Self.start < .seconds(1) } == true)
    let later = Self.start + ArchiveQueue.patience
    #expect(perform(queue.next(now: later)) == nil)
    #expect(answers.withLock { $0 } == ["c0", "c1 true"])
  }

  @Test("while all threads are in one question the disk does not answer: the others wait")
  func stuck() {
    var queue = ArchiveQueue(threads: 2, now: Self.start)
    for index in 0..<3 { _ = queue.add(job("s\(index)").job, now: Self.start) }
    for _ in 0..<2 { #expect(perform(queue.next(now: Self.start)) == .segment) }
    #expect(queue.next(now: Self.start + .seconds(10)) == nil)
    // The disk answers again.
    queue.end(.segment, now: Self.start + .seconds(10))
    #expect(drain(&queue, at: Self.start + .seconds(10)) == ["s0", "s1", "s2 true"])
  }

  @Test("the work for a client ends soon after the client has gone")
  func current() throws {
    let (_, client) = job("s")
    let other = ArchiveClient(address: "a", deadline: .distantFuture)
    try ArchiveClient.check()
    try ArchiveClient.$current.withValue(other) { try ArchiveClient.check() }
    #expect(other.isWorkedFor(SystemClock.monotonicTime))
    #expect(throws: ArchiveFailure.abandoned) {
      // The deadline has passed long ago.
      try ArchiveClient.$current.withValue(client) { try ArchiveClient.check() }
    }
    other.leave()
    #expect(throws: ArchiveFailure.abandoned) {
      try ArchiveClient.$current.withValue(other) { try ArchiveClient.check() }
    }
    #expect(!other.isWaiting(Self.start) && other.shared.isWaiting(Self.start))
  }
}
