// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing
import Time

@Suite("Units that a source buffered while it was stopped")
struct BacklogTests {
  private static let second: Interval = 1_000_000_000
  private static let frameDuration: Interval = 33_333_333
  /// From timestamp to arrival while nothing is buffered.
  private static let delay = 20 * second

  private struct Sent: ReceivedUnit {
    let pts: SourceTime
    var arrival: MonotonicTime
    var isAudio = false
    var isVideo: Bool { !isAudio }

    func arrived(at time: MonotonicTime) -> Sent { Sent(pts: pts, arrival: time, isAudio: isAudio) }
  }

  /// Access units and audio of the time from 5 s to 9 s, in which the source was stopped, sent in a
  /// burst if it kept them, and three seconds more.
  private static func afterwards(keeps: Bool) -> [Sent] {
    var sent: [Sent] = []
    var now = MonotonicTime.origin + 9 * second + delay
    for index in Int64(150)..<360 {
      let pts = SourceTime.origin + index * frameDuration
      guard keeps || pts >= .origin + 9 * second else { continue }
      now = max(now + 1_000_000, MonotonicTime(pts, plus: delay))
      sent.append(Sent(pts: pts, arrival: now))
      if index % 2 == 0 { sent.append(Sent(pts: pts + 5_000_000, arrival: now, isAudio: true)) }
    }
    return sent
  }

  @Test("a new sender is dated by its own timestamps, even if units of the old one arrive with it")
  func anotherSender() {
    var backlog = Backlog<Sent>()
    backlog.begin()
    let back = MonotonicTime.origin + 40 * Self.second
    // Kept by the demuxer until the next access unit arrived.
    var units = backlog.take(Sent(pts: .origin + 10 * Self.second, arrival: back))
    for index in Int64(0)..<12 {
      units += backlog.take(
        Sent(
          pts: .origin + 1_400_000_000 + index * Self.frameDuration,
          arrival: back + index * Self.frameDuration))
    }
    #expect(units.count == 13)
    #expect(units.dropFirst().allSatisfy { $0.arrival - back == $0.pts - 1_400_000_000 })
    #expect(units[0].arrival <= units[1].arrival)
  }

  @Test(
    "all units are returned in order, with the arrival times without the stop",
    arguments: [true, false])
  func times(keeps: Bool) throws {
    var backlog = Backlog<Sent>()
    backlog.begin()
    let sent = Self.afterwards(keeps: keeps)
    var returned: [Sent] = []
    var releases = 0
    for one in sent {
      let units = backlog.take(one)
      if units.count > 1 { releases += 1 }
      for unit in units {
        #expect(unit.arrival <= one.arrival, "from the future")
        returned.append(unit)
      }
    }
    #expect(releases == 1)
    #expect(returned.map(\.pts) == sent.map(\.pts))
    #expect(returned.map(\.isAudio) == sent.map(\.isAudio))
    #expect(zip(returned.dropFirst(), returned).allSatisfy { $0.arrival >= $1.arrival })
    #expect(returned.allSatisfy { abs($0.arrival.offset(from: $0.pts) - Self.delay) <= 10_000_000 })
  }

  @Test(
    "tracks whose bursts arrive one after another are returned by their times",
    arguments: [true, false])
  func tracksApart(audioFirst: Bool) {
    var (backlog, clock) = (Backlog<Sent>(), SourceClock())
    backlog.begin()
    let sent = Self.afterwards(keeps: true)
    let end = sent[0].arrival + 200_000_000
    let burst = sent.filter { $0.arrival < end }
    let (audio, video) = (burst.filter(\.isAudio), burst.filter(\.isVideo))
    let arrived = (audioFirst ? audio + video : video + audio).map {
      Sent(pts: $0.pts, arrival: end, isAudio: $0.isAudio)
    }
    let returned = (arrived + sent.filter { $0.arrival >= end }).flatMap { backlog.take($0) }
    #expect(returned.filter(\.isAudio).map(\.pts) == sent.filter(\.isAudio).map(\.pts))
    #expect(returned.filter(\.isVideo).map(\.pts) == sent.filter(\.isVideo).map(\.pts))
    #expect(zip(returned.dropFirst(), returned).allSatisfy { $0.arrival >= $1.arrival })
    for unit in returned {
      let captured = clock.captureTime(
        unit.isVideo ? .video : .audio, pts: unit.pts, arrival: unit.arrival)
      #expect((captured.offset(from: unit.pts) - Self.delay).magnitude <= 10_000_000)
    }
    #expect(clock.restarts == 0)
  }

  @Test("a stopped sender that sends all of it causes no discontinuity; lost units cause one")
  func periods() {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    for keeps in [true, false] {
      var clock = SourceClock()
      var schedule = PassThroughSchedule(segmentation: segmentation, first: 0)
      var backlog = Backlog<Sent>()
      var positions: [PassThroughSchedule.Position] = []
      func show(_ sent: Sent) {
        for unit in backlog.take(sent) where unit.isVideo {
          let isKey = (unit.pts - .origin).count(of: Self.frameDuration) % 30 == 0
          let captured = clock.captureTime(pts: unit.pts, arrival: unit.arrival)
          if let position = schedule.assign(
            pts: unit.pts, isKey: isKey, captured: WallTime(captured, plus: .zero))
          {
            positions.append(position)
          }
        }
      }
      for index in Int64(0)..<150 {
        let pts = SourceTime.origin + index * Self.frameDuration
        show(Sent(pts: pts, arrival: MonotonicTime(pts, plus: Self.delay)))
      }
      backlog.begin()
      for sent in Self.afterwards(keeps: keeps) where !sent.isAudio { show(sent) }
      #expect(positions.compactMap(\.periodStart).count == (keeps ? 1 : 2))
      let first = positions[0].frameIndex
      if keeps { #expect(positions.map(\.frameIndex) == (0..<360).map { first + $0 }) }
    }
  }

  /// Decoding order of `count` frames with `depth` B-frames between two references, as indices.
  private static func reordered(_ count: Int64, depth: Int64) -> [Int64] {
    var order: [Int64] = [0]
    for start in stride(from: Int64(0), to: count, by: Int(depth) + 1) {
      order.append(start + depth + 1)
      order += (0..<depth).map { start + 1 + $0 }
    }
    return order
  }

  @Test(
    "a sender with B-frames is returned within 16 frames, in order, not before its arrival",
    arguments: [1, 2, 3, 7] as [Int64])
  func reordering(depth: Int64) {
    var backlog = Backlog<Sent>()
    backlog.begin()
    let sent = Self.reordered(60, depth: depth).enumerated().map { index, frame in
      Sent(
        pts: .origin + (frame + 3) * Self.frameDuration,
        arrival: .origin + Self.delay + Int64(index) * Self.frameDuration)
    }
    var returned: [Sent] = []
    for (index, one) in sent.enumerated() {
      returned += backlog.take(one)
      if index >= 16 { #expect(returned.count == index + 1) }
    }
    #expect(returned.map(\.pts) == sent.map(\.pts))
    #expect(zip(returned, sent).allSatisfy { $0.arrival <= $1.arrival })
    #expect(zip(returned.dropFirst(), returned).allSatisfy { $0.arrival >= $1.arrival })
  }

  @Test("a burst with B-frames is held until its end")
  func reorderedBurst() {
    var backlog = Backlog<Sent>()
    backlog.begin()
    let frames = Self.reordered(120, depth: 2)
    for (index, frame) in frames.prefix(90).enumerated() {
      let units = backlog.take(
        Sent(
          pts: .origin + frame * Self.frameDuration,
          arrival: .origin + Self.delay + .milliseconds(Int64(index))))
      #expect(units.isEmpty)
    }
  }

  @Test("timestamps that stand still are returned after a second")
  func standing() {
    var backlog = Backlog<Sent>()
    backlog.begin()
    var count = 0
    for index in Int64(0)..<40 {
      let arrival = MonotonicTime.origin + Self.delay + index * Self.frameDuration
      count += backlog.take(Sent(pts: .origin, arrival: arrival)).count
    }
    #expect(count == 40)
  }

  @Test("audio without video is returned, and not held forever")
  func audioAlone() {
    var backlog = Backlog<Sent>()
    backlog.begin()
    var count = 0
    for index in Int64(0)..<Int64(3 * Backlog<Sent>.capacity) {
      let pts = SourceTime(nanoseconds: index * 21_333_333)
      let arrival = MonotonicTime(pts, plus: Self.delay)
      count += backlog.take(Sent(pts: pts, arrival: arrival, isAudio: true)).count
    }
    #expect(count == 3 * Backlog<Sent>.capacity)
  }
}
