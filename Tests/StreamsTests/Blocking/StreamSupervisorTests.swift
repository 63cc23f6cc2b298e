// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

@Suite("A supervised stream with the real encoder", .serialized, .blocking)
struct StreamSupervisorTests {
  /// A stream and its phases so far.
  private final class Host: Sendable {
    let stream: StreamSupervisor
    let words: Locked<[String]>

    init(_ plan: StreamPlan) {
      let words = Locked<[String]>([])
      self.words = words
      stream = StreamSupervisor(plan, log: Log(format: .text, least: .error) { _ in })
      stream.subscribe { [weak stream] in
        guard let stream else { return }
        words.withLock { $0.append(StreamSupervisorTests.word(stream.phase)) }
      }
    }

    /// Waits until a phase is reached, at most ten seconds.
    func reach(_ word: String) throws {
      let deadline = MonotonicTime.hangLimit
      while SystemClock.monotonicTime < deadline {
        if StreamSupervisorTests.word(stream.phase) == word { return }
        SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(2))
      }
      Issue.record("\(word) was not reached; the phases were \(words.withLock { $0 })")
      throw CancellationError()
    }

    /// The live session.
    func live() throws -> StreamSession {
      guard case .live(let live) = stream.phase else {
        Issue.record("the phase is \(StreamSupervisorTests.word(stream.phase))")
        throw CancellationError()
      }
      return live
    }

    func close(isEnding: Bool = true) {
      stream.beginClosing(isEnding: isEnding)
      #expect(stream.waitUntilClosed(until: .hangLimit))
    }
  }

  private static func word(_ phase: StreamSupervisor.Phase) -> String {
    switch phase {
    case .idle: "idle"
    case .starting: "starting"
    case .live: "live"
    case .ended: "ended"
    case .failed: "failed"
    }
  }

  private static func configuration(
    _ change: (inout StreamConfiguration) -> Void = { _ in }
  ) throws -> StreamConfiguration {
    var configuration = StreamConfiguration(
      size: try #require(VideoSize(width: 160, height: 90)), bitrateKilobits: 100,
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 500_000, partMicroseconds: 100_000))
    configuration.preset = "ultrafast"
    configuration.playlistLength = 6
    configuration.retained = 8
    configuration.prefill = 6
    change(&configuration)
    return configuration
  }

  @Test("it starts, and ends with an end for its players")
  func life() throws {
    let host = Host(StreamPlan(try Self.configuration()))
    host.stream.start()
    try host.reach("live")
    let live = try host.live()
    host.close()
    #expect(live.window.snapshot.state == .ended)
    #expect(host.words.withLock { $0 } == ["starting", "live", "ended"])
  }

  @Test("without an end its window stays as it is")
  func leaves() throws {
    let host = Host(StreamPlan(try Self.configuration()))
    host.stream.start()
    try host.reach("live")
    let live = try host.live()
    host.close(isEnding: false)
    #expect(live.window.snapshot.state != .ended)
  }

  @Test("simultaneous requests start one session")
  func onDemand() throws {
    let opened = Locked(0)
    var plan = StreamPlan(try Self.configuration())
    plan.isOnDemand = true
    plan.opened = { _ in opened.withLock { $0 += 1 } }
    let host = Host(plan)
    host.stream.start()
    #expect(Self.word(host.stream.phase) == "idle")
    let callers = (0..<8).map { _ in
      OSThread(name: "caller") { host.stream.use(SystemClock.monotonicTime) }
    }
    for caller in callers { caller?.join() }
    try host.reach("live")
    #expect(opened.withLock { $0 } == 1)
    #expect(host.words.withLock { $0 } == ["starting", "live"])
    host.close()
  }

  @Test("a source that cannot be opened fails the stream with the reason")
  func fails() throws {
    let host = Host(
      StreamPlan(try Self.configuration { $0.source = .camera(path: "/dev/there-is-none") }))
    host.stream.start()
    try host.reach("failed")
    guard case .failed(.source(let reason)) = host.stream.phase else {
      Issue.record("another failure")
      return
    }
    #expect(reason.contains("/dev/there-is-none"))
    host.close()
  }

  @Test("a ladder whose encoders cannot be opened fails as a whole, and its threads end")
  func ladderFails() throws {
    let small = try #require(VideoSize(width: 128, height: 72))
    let host = Host(
      StreamPlan(
        try Self.configuration {
          $0.renditions = RenditionSettings.ladder([($0.size, 100), (small, 50)])
          $0.preset = "no-such-preset"
        }))
    host.stream.start()
    try host.reach("failed")
    guard case .failed(.encoder) = host.stream.phase else {
      Issue.record("another failure")
      return
    }
    host.close()
  }

  @Test("a closed barrier releases a waiting encoder")
  func closedBarrier() {
    let barrier = StartBarrier(count: 2)
    let answers = Locked<[Int64?]>([])
    let waiting = OSThread(name: "first") {
      let first = barrier.arrive(7)
      answers.withLock { $0.append(first) }
    }
    barrier.close()
    waiting?.join()
    #expect(answers.withLock { $0 } == [nil])
  }

  @Test("a start that waits for its source is cancelled when the stream is removed")
  func cancelled() throws {
    let waits = Monitor(false)
    let host = Host(
      StreamPlan(name: "late") { start throws(SessionFailure) in
        start.cancellation.whenCancelled { waits.update { $0 = true } }
        _ = waits.wait { $0 ? true : nil }
        throw .source("the source is missing")
      })
    host.stream.start()
    try host.reach("starting")
    host.close()
    #expect(host.words.withLock { $0 } == ["starting"])
  }
}
