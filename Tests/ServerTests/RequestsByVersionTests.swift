// SPDX-License-Identifier: Apache-2.0

import Server
import TestSupport
import Testing
import Time

@Suite("Held requests by version")
struct RequestsByVersionTests {
  @Test("a part releases the requests held for it and for earlier parts, oldest first")
  func published() {
    var held = RequestsByVersion<String>()
    _ = held.hold("later", until: 12, deadline: 100)
    _ = held.hold("second", until: 10, deadline: 100)
    _ = held.hold("third", until: 11, deadline: 100)
    _ = held.hold("fourth", until: 10, deadline: 100)
    #expect(held.published(9) == [])
    #expect(held.published(11) == ["second", "third", "fourth"])
    #expect(held.count == 1)
    #expect(held.published(11) == [])
    #expect(held.published(.max) == ["later"])
    #expect(held.count == 0)
  }

  @Test("the end frees all, oldest first")
  func ended() {
    var held = RequestsByVersion<Int>()
    for waiter in 0..<10 { _ = held.hold(waiter, until: Int64(20 - waiter), deadline: 5) }
    #expect(held.ended() == Array(0..<10))
    #expect(held.ended() == [])
    #expect(held.count == 0)
    #expect(held.nextDeadline == .distantFuture)
  }

  @Test("a deadline releases the due requests and gives the next deadline")
  func deadlines() {
    var held = RequestsByVersion<String>()
    #expect(held.nextDeadline == .distantFuture)
    _ = held.hold("a", until: 5, deadline: 30)
    _ = held.hold("b", until: 5, deadline: 10)
    _ = held.hold("c", until: 6, deadline: 20)
    #expect(held.nextDeadline == 10)
    #expect(held.expired(9) == [])
    #expect(held.expired(10) == ["b"])
    #expect(held.nextDeadline == 20)
    #expect(held.expired(25) == ["c"])
    #expect(held.published(5) == ["a"])
    #expect(held.nextDeadline == .distantFuture)
  }

  @Test("a request is released once: by its deadline or by a part")
  func once() {
    var held = RequestsByVersion<String>()
    _ = held.hold("a", until: 5, deadline: 10)
    _ = held.hold("b", until: 5, deadline: 20)
    #expect(held.expired(10) == ["a"])
    #expect(held.published(5) == ["b"])
    #expect(held.expired(.distantFuture) == [])
  }

  @Test("a cancelled request is not released")
  func cancelled() {
    var held = RequestsByVersion<String>()
    let first = held.hold("a", until: 5, deadline: 10)
    let second = held.hold("b", until: 5, deadline: 10)
    let third = held.hold("c", until: 6, deadline: 10)
    held.cancelled(second, until: 5)
    #expect(held.count == 2)
    #expect(held.published(5) == ["a"])
    held.cancelled(third, until: 6)
    #expect(held.count == 0)
    #expect(held.expired(.distantFuture) == [])
    #expect(held.ended() == [])
    // Gone after it was answered, twice, or never held: nothing happens.
    held.cancelled(first, until: 5)
    held.cancelled(second, until: 5)
    held.cancelled(99, until: 5)
    held.cancelled(0, until: .max)
    #expect(held.count == 0)
  }

  @Test("cancelled twice counts once")
  func cancelledTwice() {
    var held = RequestsByVersion<String>()
    let ticket = held.hold("a", until: 5, deadline: 10)
    _ = held.hold("b", until: 5, deadline: 10)
    held.cancelled(ticket, until: 5)
    held.cancelled(ticket, until: 5)
    #expect(held.count == 1)
    #expect(held.published(5) == ["b"])
  }

  @Test(
    "a part releases ten thousand requests in order, without the cancelled ones")
  func many() {
    var held = RequestsByVersion<Int>()
    var tickets: [UInt64] = []
    for waiter in 0..<10_000 {
      tickets.append(
        held.hold(waiter, until: 7, deadline: MonotonicTime(nanoseconds: Int64(waiter))))
    }
    for waiter in stride(from: 0, to: 10_000, by: 3) { held.cancelled(tickets[waiter], until: 7) }
    let expected = (0..<10_000).filter { $0 % 3 != 0 }
    #expect(held.count == expected.count)
    #expect(held.published(7) == expected)
    #expect(held.count == 0)
  }

  struct Timeline: Sendable, CustomTestStringConvertible {
    /// `p`: a part; `E`: the end; `-`: nothing.
    let parts: String
    /// `1`…`9`: after it, a request for the part this number of parts later.
    let asks: String
    /// How many are freed at each step.
    let answers: String
    var testDescription: String { parts }
  }

  @Test(
    "timelines of parts, requests and responses",
    arguments: [
      Timeline(parts: "p-p-p-p-", asks: "-1------", answers: "--1-----"),
      Timeline(parts: "p-p-p-p-", asks: "-3------", answers: "------1-"),
      Timeline(parts: "-p-p-p-p", asks: "21------", answers: "---2----"),
      Timeline(parts: "-p-p-p-E", asks: "9999----", answers: "-------4"),
      Timeline(parts: "-p--E---", asks: "5-5-----", answers: "----2---"),
      Timeline(parts: "pppppppp", asks: "-1111---", answers: "--1111--"),
    ])
  func timeline(row: Timeline) {
    var held = RequestsByVersion<Int>()
    var version: Int64 = 0
    var answers = ""
    for (step, event) in zip(row.asks, row.parts) {
      var freed: [Int] = []
      switch event {
      case "p":
        version += 1
        freed = held.published(version)
      case "E": freed = held.ended()
      default: break
      }
      answers += freed.isEmpty ? "-" : "\(freed.count)"
      if let ahead = step.wholeNumberValue {
        _ = held.hold(ahead, until: version + Int64(ahead), deadline: .distantFuture)
      }
    }
    #expect(answers == row.answers)
  }
}
