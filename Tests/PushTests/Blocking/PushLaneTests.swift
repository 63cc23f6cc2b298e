// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Push

/// A receiver that notes what it gets.
private final class Receiver: PushConnection, Sendable {
  struct Record: Sendable {
    /// The next connections that are refused.
    var refusals = 0
    var opened = 0
    var checks = 0
    var chunks: [Int64] = []
    /// Whether each end of a connection was that of the media.
    var ends: [Bool] = []
  }

  let record: Monitor<Record>

  init(refusals: Int = 0) { record = Monitor(Record(refusals: refusals)) }

  var cancel: @Sendable () -> Void { {} }

  func open() throws(PushFailure) {
    let isRefused = record.update { record in
      record.opened += 1
      record.refusals -= 1
      return record.refusals >= 0
    }
    if isRefused { throw .refused("no such application") }
  }

  func send(_ chunk: Chunk, of track: Int) throws(PushFailure) {
    record.update { $0.chunks.append(chunk.frameIndex) }
  }

  func check() throws(PushFailure) { record.update { $0.checks += 1 } }

  func end(isFinal: Bool) { record.update { $0.ends.append(isFinal) } }

  /// Waits for an event.
  func waits(for isThere: @escaping @Sendable (Record) -> Bool) -> Bool {
    record.wait(until: .hangLimit) { isThere($0) ? true : nil } ?? false
  }
}

@Suite("The thread of a push", .blocking)
struct PushLaneTests {
  private let log = Log(format: .text, least: .error) { _ in }

  private func lane(_ receiver: Receiver, isStopped: Bool = false) -> PushLane {
    PushLane(
      stream: "s", receiver: "receiver", isStopped: isStopped, .segment, log: log
    ) { _ throws(PushFailure) in receiver }
  }

  /// A live stream within its first segment, and its track.
  private func stream() -> (SyntheticStream, PushTrack) {
    var stream = SyntheticStream(.thirty)
    stream.window.goLive()
    stream.publish(frames: 10)
    return (stream, PushTrack(name: "video", window: stream.window))
  }

  private func end(_ lane: PushLane) {
    lane.close()
    lane.join(until: .hangLimit)
  }

  @Test("sends each chunk of the next segments once, then the end of the media")
  func sends() {
    let (made, track) = stream()
    var stream = made
    let first = stream.next - 10
    let receiver = Receiver()
    let lane = lane(receiver)
    lane.follow([track], obstacle: nil)
    #expect(receiver.waits { $0.checks > 0 })
    stream.publish(frames: 40)
    stream.window.end()
    #expect(receiver.waits { !$0.ends.isEmpty })
    let record = receiver.record.read { $0 }
    #expect(record.chunks == Array(first + 30..<first + 50))
    #expect(record.ends == [true] && record.opened == 1)
    let counts = lane.report.counts
    #expect(counts.chunks == 20 && counts.dropped == 0 && counts.failures == 0)
    end(lane)
  }

  @Test("a refusal is counted and named; a request tries again at once")
  func refused() {
    let (_, track) = stream()
    let receiver = Receiver(refusals: 1)
    let lane = lane(receiver)
    lane.follow([track], obstacle: nil)
    #expect(receiver.waits { !$0.ends.isEmpty })
    while lane.report.counts.failures == 0, SystemClock.monotonicTime < .hangLimit { usleep(1000) }
    #expect(lane.report.counts.failures == 1)
    #expect(lane.report.lifecycle.reason == "no such application")
    lane.want(true)
    #expect(receiver.waits { $0.opened == 2 && $0.checks > 0 })
    end(lane)
    #expect(receiver.record.read { $0.ends } == [false, false])
  }

  @Test("a stopped push makes no connection until a request, and ends the media when it stops")
  func stopped() {
    let (_, track) = stream()
    let receiver = Receiver()
    let lane = lane(receiver, isStopped: true)
    lane.follow([track], obstacle: nil)
    #expect(lane.report.lifecycle.state == .stopped)
    lane.want(true)
    #expect(receiver.waits { $0.checks > 0 })
    lane.want(false)
    #expect(receiver.waits { $0.ends == [true] })
    end(lane)
    #expect(receiver.record.read { $0.opened } == 1)
  }

  @Test("without all tracks no connection is made, and the reason stays")
  func obstacle() {
    let receiver = Receiver()
    let lane = lane(receiver)
    lane.follow([], obstacle: "the stream has no audio suomi")
    #expect(lane.report.lifecycle.reason == "the stream has no audio suomi")
    end(lane)
    #expect(receiver.record.read { $0.opened } == 0)
  }
}
