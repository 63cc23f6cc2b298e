// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("The choice of the shown input")
struct InputChoiceTests {
  /// An event; `at` in milliseconds.
  enum Event: Sendable {
    /// Frames every 100 ms, each offered if it is wanted, from `from` up to `to`.
    case frames([Int], from: Int64, to: Int64)
    case lost(Int, at: Int64)
    case check(at: Int64)
    case paused(Int)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var publishers = [false, false]
    var first: Int? = 0
    let events: [Event]
    /// The changes, with their times.
    let changes: [String]
    var switches: UInt64 = 0
  }

  static let rows = [
    Row(
      testDescription: "while the first input is alive, it is shown",
      events: [.frames([0, 1], from: 0, to: 20_000)], changes: []),
    Row(
      testDescription: "a silent input is replaced; the way back takes the failback",
      events: [
        .frames([0, 1], from: 0, to: 2000), .frames([1], from: 2100, to: 5000),
        .frames([0, 1], from: 5100, to: 16_000),
      ],
      changes: ["2800 lost 0", "2800 shown 1", "15100 shown 0"], switches: 2),
    Row(
      testDescription: "a lost connection is replaced with the next frame",
      events: [
        .frames([0, 1], from: 0, to: 2000), .lost(0, at: 2010), .frames([1], from: 2100, to: 3000),
      ],
      changes: ["2010 lost 0", "2100 shown 1"], switches: 1),
    Row(
      testDescription: "a short silence of the only input that is alive is no switch",
      events: [
        .frames([0], from: 0, to: 1000), .check(at: 2000), .frames([0], from: 4000, to: 5000),
      ],
      changes: ["2000 lost 0", "4000 shown 0"]),
    Row(
      testDescription: "each loss begins the failback anew",
      events: [
        .lost(0, at: 0), .frames([1], from: 0, to: 900), .frames([0, 1], from: 1000, to: 9000),
        .lost(0, at: 9050), .frames([0, 1], from: 9100, to: 19_000), .lost(0, at: 19_050),
        .frames([1], from: 19_100, to: 30_000), .frames([0, 1], from: 30_100, to: 41_000),
      ],
      changes: ["0 lost 0", "0 shown 1", "40100 shown 0"], switches: 2),
    Row(
      testDescription: "while all are lost, the first that returns is shown",
      events: [
        .frames([0, 1], from: 0, to: 1000), .lost(0, at: 1010), .lost(1, at: 1020),
        .frames([0], from: 7000, to: 8000),
      ],
      changes: ["1010 lost 0", "7000 shown 0"]),
    Row(
      testDescription: "while none is shown, the preferred one of two that are alive is",
      events: [
        .frames([0, 1, 2], from: 0, to: 1000), .lost(0, at: 1010),
        .frames([2, 1], from: 1100, to: 2000),
      ],
      changes: ["1010 lost 0", "1100 shown 1"], switches: 1),
    Row(
      testDescription: "an input that is absent at the start is shown after the failback",
      first: 1,
      events: [.frames([1], from: 0, to: 4000), .frames([0, 1], from: 4100, to: 14_200)],
      changes: ["14100 shown 0"], switches: 1),
    Row(
      testDescription: "after a restart of the process the preferred input is waited for",
      first: nil,
      events: [.frames([1], from: 0, to: 1000), .frames([1, 0], from: 1100, to: 2000)],
      changes: ["1100 shown 0"]),
    Row(
      testDescription: "after a restart of the process a missing input is waited for in vain",
      first: nil, events: [.frames([1], from: 0, to: 4000)], changes: ["3000 shown 1"]),
    Row(
      testDescription: "a publisher that was away for long is shown at once",
      publishers: [true, false], first: 1,
      events: [
        .frames([1], from: 0, to: 4000), .frames([0, 1], from: 4100, to: 5000), .lost(0, at: 5010),
        .frames([1], from: 5100, to: 15_100), .frames([0, 1], from: 15_200, to: 16_000),
      ],
      changes: ["4100 shown 0", "5010 lost 0", "5100 shown 1", "15200 shown 0"], switches: 3),
    Row(
      testDescription: "a publisher that comes and goes is shown after the failback",
      publishers: [true, false], first: 0,
      events: [
        .frames([0, 1], from: 0, to: 1000), .lost(0, at: 1010),
        .frames([1], from: 1100, to: 3000), .frames([0, 1], from: 3100, to: 5000),
        .lost(0, at: 5010), .frames([1], from: 5100, to: 5900),
        .frames([0, 1], from: 6000, to: 16_100),
      ],
      changes: ["1010 lost 0", "1100 shown 1", "16000 shown 0"], switches: 2),
    Row(
      testDescription: "a paused input stays alive without frames",
      events: [
        .frames([0, 1], from: 0, to: 100), .paused(1), .frames([0], from: 200, to: 9000),
        .lost(0, at: 9010), .frames([1], from: 9020, to: 9100),
      ],
      changes: ["9010 lost 0", "9020 shown 1"], switches: 1),
  ]

  @Test("changes at their times", arguments: rows)
  func changes(_ row: Row) {
    let count = row.testDescription.contains("of two") ? 3 : 2
    let publishers = (0..<count).map { $0 < row.publishers.count && row.publishers[$0] }
    var choice = InputChoice(publishers: publishers, failback: .seconds(10))
    var changes: [String] = []
    func note(_ change: InputChoice.Change?, _ at: Int64) {
      switch change {
      case .shown(let index, _): changes.append("\(at) shown \(index)")
      case .lost(let index): changes.append("\(at) lost \(index)")
      case nil: break
      }
    }
    func time(_ milliseconds: Int64) -> MonotonicTime {
      MonotonicTime.origin + .seconds(100) + .milliseconds(milliseconds)
    }
    if let first = row.first { _ = choice.heard(first, at: time(0)) }
    choice.begin(with: row.first, at: time(0))
    for event in row.events {
      switch event {
      case .frames(let inputs, let from, let to):
        for at in stride(from: from, through: to, by: 100) {
          for index in inputs {
            note(choice.heard(index, at: time(at)), at)
            if choice.isWanted(index, at: time(at)) {
              note(choice.offer(index, at: time(at)), at)
            } else {
              #expect(choice.offer(index, at: time(at)) == nil)
            }
          }
        }
      case .lost(let index, let at): note(choice.lost(index, at: time(at)), at)
      case .check(let at): note(choice.check(at: time(at)), at)
      case .paused(let index): choice.pause(index)
      }
    }
    #expect(changes == row.changes)
    #expect(choice.switches == row.switches)
  }

  @Test(
    "a paused input waits until the shown one is silent for too long, or the failback is over",
    arguments: [
      // The shown input, the waiting one, whether it is alive, whether files, and when it is due.
      (0, 1, true, false, 1800), (0, 1, true, true, 6000), (1, 0, true, true, 3000),
      (1, 0, false, true, 6000),
    ] as [(Int, Int, Bool, Bool, Int64)])
  func paused(_ shown: Int, _ waiting: Int, _ isAlive: Bool, _ isPaced: Bool, _ due: Int64) {
    var choice = InputChoice(publishers: [false, false], failback: .seconds(3))
    let began = MonotonicTime.origin + .seconds(100)
    let now = began + .seconds(1)
    if isAlive { _ = choice.heard(waiting, isPaced: isPaced, at: began) }
    choice.pause(waiting)
    _ = choice.heard(shown, isPaced: isPaced, at: began)
    choice.begin(with: shown, at: began)
    _ = choice.heard(shown, isPaced: isPaced, at: now)
    let deadline = choice.mayBeWanted(waiting, after: now)
    #expect(deadline == began + .milliseconds(due))
    #expect(!choice.isWanted(waiting, at: deadline - .milliseconds(1)))
    _ = choice.check(at: deadline)
    #expect(choice.isWanted(waiting, at: deadline))
  }

  @Test("if the first input is lost before the stream begins, the next one is wanted at once")
  func lostBeforeBegin() {
    var choice = InputChoice(publishers: [false, false], failback: .seconds(10))
    let began = MonotonicTime.origin + .seconds(100)
    _ = choice.heard(0, at: began)
    _ = choice.heard(1, at: began)
    _ = choice.lost(0, at: began + .milliseconds(10))
    choice.begin(with: 0, at: began + .milliseconds(20))
    #expect(choice.isWanted(1, at: began + .milliseconds(30)))
    #expect(choice.offer(1, at: began + .milliseconds(40)) == .shown(1, former: 0))
  }

  @Test(
    "the stream begins with the first input whose facts are known, unless a preferred one is due",
    arguments: [
      // Which inputs are alive, whose facts are known, after how long, and the first.
      ([true, true], [true, true], 0, 0), ([true, false], [true, false], 0, 0),
      ([false, true], [false, true], 2900, nil), ([false, true], [false, true], 3000, 1),
      ([true, true], [false, true], 9900, nil), ([true, true], [false, true], 10_000, 1),
      ([true, true], [false, false], 60_000, nil),
    ] as [([Bool], [Bool], Int64, Int?)])
  func start(_ alive: [Bool], _ known: [Bool], _ after: Int64, _ first: Int?) {
    var choice = InputChoice(publishers: [false, false], failback: .seconds(10))
    let began = MonotonicTime.origin + .seconds(100)
    for index in alive.indices where alive[index] { _ = choice.heard(index, at: began) }
    #expect(choice.first(known: known, since: began, at: began + .milliseconds(after)) == first)
  }
}
