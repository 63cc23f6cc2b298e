// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("The archive on a simulated disk")
struct ArchiveModelTests {
  private static let events = 60
  /// The failures of each promise that are shown in their shortest form.
  private static let shown = 2

  /// The failure of a sequence, if it has one, and the history of the run.
  private static func failure(
    _ events: [ModelEvent], seed: UInt64, lie: SimulatedDisk.Lie? = nil
  ) -> (failure: ModelFailure, history: [String])? {
    let model = ArchiveModel(seed: seed, lie: lie)
    do {
      try model.run(events)
      return nil
    } catch {
      return (error as? ModelFailure ?? ModelFailure(.kept, "\(error)"), model.history)
    }
  }

  /// The shortest sequence with the same broken promise.
  private static func minimised(_ events: [ModelEvent], seed: UInt64) -> String {
    guard var last = failure(events, seed: seed) else { return "" }
    var shortest = events
    var size = events.count / 2
    while size > 0 {
      var start = 0
      while start < shortest.count {
        var shorter = shortest
        shorter.removeSubrange(start..<min(start + size, shorter.count))
        if let found = failure(shorter, seed: seed), found.failure.promise == last.failure.promise {
          (shortest, last) = (shorter, found)
        } else {
          start += size
        }
      }
      size /= 2
    }
    let lines = shortest.map { "  .\($0)," } + ["history:"] + last.history.suffix(40)
    return "seed \(seed): \(last.failure)\n" + lines.joined(separator: "\n")
  }

  /// The seeds of random sequences: those of `ARCHIVE_SEEDS=120` or `ARCHIVE_SEEDS=1-5000`, else
  /// the first ones.
  private static let seeds: ClosedRange<UInt64> = {
    let text = ProcessInfo.processInfo.environment["ARCHIVE_SEEDS"] ?? ""
    let numbers = text.split(separator: "-").compactMap { UInt64($0) }
    guard let first = numbers.first, let last = numbers.last, first <= last else {
      return 1...TestLength.of(short: 40, long: 1000)
    }
    return first...last
  }()

  @Test(
    "promises are kept over random sequences of writes, crashes, faults and clock steps",
    arguments: UInt64(0)..<4)
  func sequences(_ remainder: UInt64) {
    var broken: [ModelFailure.Promise: Int] = [:]
    for seed in Self.seeds where seed % 4 == remainder {
      let events = ModelEvent.sequence(seed: seed, count: Self.events)
      guard let found = Self.failure(events, seed: seed) else { continue }
      let promise = found.failure.promise
      broken[promise, default: 0] += 1
      // The shortest form of the first ones is enough.
      guard broken[promise, default: 0] <= Self.shown else { continue }
      Issue.record("\(Self.minimised(events, seed: seed))")
    }
    #expect(broken == [:])
  }

  @Test("a segment that has lost bytes is left out at the start after a crash, with a line")
  func torn() throws {
    let model = ArchiveModel(seed: 2)
    try model.within {
      try model.perform(.publish(seconds: 26, isSynchronised: true))
      let numbers = model.claims.keys.sorted()
      try #require(numbers.count == 6)
      let path = try #require(model.claims[numbers[3]]).path
      let file = try #require(model.disk.node(path)).bytes
      let range = try #require(file.firstRange(of: model.track.bytes(numbers[3])))
      // The last byte of a segment is one of a frame.
      try model.perform(.damage(0, at: UInt64(range.upperBound - 1)))
      try model.perform(.crash(fuel: 0, losesPower: false))
      try model.perform(.publish(seconds: 1, isSynchronised: true))
      try model.perform(.start(minutes: 0))
      #expect(model.claims.keys.sorted() == numbers.filter { $0 != numbers[3] })
      #expect(model.history.contains { $0.contains("archive-damaged") })
    }
  }

  @Test("a synchronised hour survives a loss of power", arguments: [UInt64(1), 2])
  func names(_ journal: UInt64) {
    let events: [ModelEvent] = [
      .publish(seconds: 13, isSynchronised: true), .crash(fuel: 0, losesPower: true),
      .publish(seconds: 1, isSynchronised: false), .start(minutes: 0),
    ]
    for seed in stride(from: journal, to: 40, by: 2) {
      #expect(Self.failure(events, seed: seed)?.failure.description == nil)
    }
  }

  @Test("an interrupted removal does not take the segment after its span")
  func interrupted() {
    let events: [ModelEvent] = [
      .publish(seconds: 36, isSynchronised: true), .delete(from: 2, count: 4),
    ]
    // The program is stopped before the removal runs, and started again.
    #expect(Self.failure(events, seed: 2)?.failure.description == nil)
  }

  /// A sequence by which a lie of the disk is found.
  private static func events(_ lie: SimulatedDisk.Lie) -> [ModelEvent] {
    switch lie {
    case .folders, .files:
      [
        .publish(seconds: 13, isSynchronised: true), .crash(fuel: 0, losesPower: true),
        .publish(seconds: 1, isSynchronised: false), .start(minutes: 0),
      ]
    case .writes:
      [.publish(seconds: 25, isSynchronised: true), .stop, .start(minutes: 0)]
    case .places:
      [
        .publish(seconds: 13, isSynchronised: true), .take(.file, 0),
        .publish(seconds: 25, isSynchronised: true),
      ]
    case .ages:
      // A clock that is ahead for one session, and a restart.
      [
        .reload(rule: 1), .publish(seconds: 13, isSynchronised: true), .step(seconds: 40_000_000),
        .session(header: 0), .publish(seconds: 13, isSynchronised: true), .stop,
        .start(minutes: 0), .wait(minutes: 10),
      ]
    }
  }

  @Test("a disk that lies is found", arguments: SimulatedDisk.Lie.allCases)
  func lies(_ lie: SimulatedDisk.Lie) {
    let events = Self.events(lie)
    var count = 0
    for seed in UInt64(1)...40 {
      #expect(Self.failure(events, seed: seed)?.failure.description == nil)
      if Self.failure(events, seed: seed, lie: lie) != nil { count += 1 }
    }
    #expect(count > 0)
  }
}
