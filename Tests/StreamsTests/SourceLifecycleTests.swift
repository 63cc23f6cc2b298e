// SPDX-License-Identifier: Apache-2.0

import Sharing
import Testing
import Time

@testable import Streams

@Suite("The life of a source whose media are received")
struct SourceLifecycleTests {
  private enum Refusal: Error { case refused, cancelled }
  private typealias Lifecycle = SourceLifecycle<Int, String, Refusal, String>

  /// One step of a life.
  enum Step: Sendable {
    case connect(Int), ready, disconnect, settle(String), attach(String), detach, stop, end
  }

  @Test("a session is given up with other facts about the source, which the next one gets")
  func otherFacts() throws {
    var life = Lifecycle()
    life.settle(.success("first"))
    life.settle(.success("second"))
    #expect(try life.facts?.get() == "first")
    _ = life.attach("a")
    #expect(life.detach(with: "third") == "a" && life.detach() == nil)
    #expect(try life.facts?.get() == "third")
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Each step with its expected result.
    let steps: [(Step, String)]
    let phase: String
  }

  private static let rows = [
    Row(
      testDescription: "a session that waits is sent when the other end takes one",
      steps: [
        (.connect(1), "true"), (.attach("a"), "nil"), (.ready, "a"), (.attach("b"), "1"),
      ], phase: "ready(1)"),
    Row(
      testDescription: "the other end takes a session once per connection",
      steps: [(.connect(1), "true"), (.attach("a"), "nil"), (.ready, "a"), (.ready, "nil")],
      phase: "ready(1)"),
    Row(
      testDescription: "without a connection no session is sent",
      steps: [(.attach("a"), "nil"), (.ready, "nil")], phase: "waiting"),
    Row(
      testDescription: "a session is sent again over the next connection",
      steps: [
        (.connect(1), "true"), (.ready, "nil"), (.attach("a"), "1"), (.disconnect, "true"),
        (.connect(2), "true"), (.ready, "a"),
      ], phase: "ready(2)"),
    Row(
      testDescription: "after a session is given up, the next one is sent at once",
      steps: [
        (.connect(1), "true"), (.attach("a"), "nil"), (.ready, "a"), (.detach, "a"),
        (.detach, "nil"), (.attach("b"), "1"),
      ], phase: "ready(1)"),
    Row(
      testDescription: "a stop returns the connection and the session, as often as it is called",
      steps: [
        (.connect(1), "true"), (.attach("a"), "nil"), (.stop, "1 a"), (.stop, "1 a"),
        (.disconnect, "false"), (.stop, "nil a"), (.end, "true"), (.stop, "nil a"),
      ], phase: "over"),
    Row(
      testDescription: "a connection after the stop is not used, and is ended by the next stop",
      steps: [
        (.stop, "nil nil"), (.connect(1), "false"), (.ready, "nil"), (.attach("a"), "nil"),
        (.stop, "1 a"),
      ], phase: "stopping(Optional(1))"),
    Row(
      testDescription: "a source that ends by itself was not stopped",
      steps: [(.connect(1), "true"), (.disconnect, "true"), (.end, "false")], phase: "over"),
    Row(
      testDescription: "the first facts remain",
      steps: [(.settle("a"), "a"), (.settle("b"), "a")], phase: "waiting"),
  ]

  private func text<Value>(_ value: Value?) -> String { value.map { "\($0)" } ?? "nil" }

  private func result(_ step: Step, _ lifecycle: inout Lifecycle) -> String {
    switch step {
    case .connect(let number): return "\(lifecycle.connect(number))"
    case .ready: return text(lifecycle.becomeReady())
    case .disconnect: return "\(lifecycle.disconnect())"
    case .settle(let facts):
      lifecycle.settle(.success(facts))
      return text(try? lifecycle.facts?.get())
    case .attach(let session): return text(lifecycle.attach(session))
    case .detach: return text(lifecycle.detach())
    case .stop:
      let ended = lifecycle.stop()
      return "\(text(ended.connection)) \(text(ended.receiver))"
    case .end: return "\(lifecycle.end())"
    }
  }

  @Test("each step has its result", arguments: rows)
  func steps(_ row: Row) {
    var lifecycle = Lifecycle()
    for (index, (step, expected)) in row.steps.enumerated() {
      #expect(result(step, &lifecycle) == expected, "step \(index)")
    }
    #expect("\(lifecycle.phase)" == row.phase)
  }

  @Test("attempts follow each other at their times until there is none, or the source is stopped")
  func attempts() {
    let loop = SourceLoop<Int, String, Refusal, String>()
    let now = SystemClock.monotonicTime
    var count = 0
    loop.run(at: now) {
      count += 1
      return count < 3 ? now : nil
    }
    #expect(count == 3)
    loop.run(at: now) {
      count += 1
      _ = loop.update { $0.stop() }
      return now + .seconds(1000)
    }
    #expect(count == 4)
    #expect(loop.waitForReceiver() == nil)
    #expect(!loop.waitUntilOver(now))
    loop.update { _ = $0.end() }
    #expect(loop.waitUntilOver(now))
  }

  @Test("a start returns the facts, or why there are none")
  func start() throws {
    let loop = SourceLoop<Int, String, Refusal, String>()
    let facts = try loop.begin("test", noThread: .refused, cancelled: .cancelled) {
      loop.update { $0.settle(.success("facts")) }
    }
    #expect(facts == "facts")
    for end in [Result<String, Refusal>.failure(.refused), nil] {
      let loop = SourceLoop<Int, String, Refusal, String>()
      #expect(throws: end == nil ? Refusal.cancelled : .refused) {
        try loop.begin("test", noThread: .refused, cancelled: .cancelled) {
          if let end { loop.update { $0.settle(end) } } else { _ = loop.update { $0.stop() } }
        }
      }
    }
  }
}
