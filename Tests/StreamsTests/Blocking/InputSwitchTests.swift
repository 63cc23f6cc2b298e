// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

@Suite("Inputs that wait until they are shown", .blocking)
struct InputSwitchTests {
  private let log = Log(format: .text, least: .error) { _ in }
  private let cancellation = InputCancellation()

  /// A switch whose first input is shown, and a paused second one.
  private func inputs(isPaced: Bool = false) throws -> InputSwitch {
    let addresses = try ["rtsp://h/a", "/b.mp4"].map { try #require(InputAddress($0)) }
    let inputs = InputSwitch(addresses, failback: .seconds(10), name: "live", log: log)
    inputs.heard(0, isPaced: isPaced)
    inputs.begin()
    inputs.give(0, canBegin: true) { _ in }
    return inputs
  }

  /// The result of a wait for an input, and its duration after `body`.
  private func wait(
    _ inputs: InputSwitch, _ body: () -> Void
  ) -> (isWanted: Bool, after: Interval) {
    let ended = Monitor<(Bool, MonotonicTime)?>(nil)
    let thread = OSThread(name: "waiting") { [cancellation] in
      let isWanted = inputs.waitUntilWanted(1, cancellation)
      ended.update { $0 = (isWanted, SystemClock.monotonicTime) }
    }
    SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(50))
    let began = SystemClock.monotonicTime
    body()
    let (isWanted, at) = ended.wait { $0 }
    thread?.join()
    return (isWanted, at - began)
  }

  @Test("the next input is wanted as soon as the shown one is lost", .timeLimit(.minutes(1)))
  func lost() throws {
    // A file is silent after 5 s. The other switch began to wait for that earlier.
    let (other, inputs) = (try inputs(isPaced: true), try inputs(isPaced: true))
    let ended = Monitor<[String]>([])
    func wait(_ inputs: InputSwitch, _ name: String) -> OSThread? {
      OSThread(name: name) { [cancellation] in
        _ = inputs.waitUntilWanted(1, cancellation)
        ended.update { $0.append(name) }
      }
    }
    let threads = [wait(other, "other"), wait(inputs, "lost")]
    SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(50))
    inputs.lost(0)
    #expect(ended.wait { $0.first } == "lost")
    #expect(inputs.isWanted(1))
    cancellation.cancel()
    other.wake()
    for thread in threads { thread?.join() }
  }

  @Test("a silent input is lost after its limit", .timeLimit(.minutes(1)))
  func silent() throws {
    let (isWanted, after) = wait(try inputs()) {}
    #expect(isWanted && after >= .milliseconds(500))
  }

  @Test("a stopped input waits no longer", .timeLimit(.minutes(1)))
  func stopped() throws {
    let inputs = try inputs()
    let waited = wait(inputs) {
      cancellation.cancel()
      inputs.wake()
    }
    #expect(!waited.isWanted)
  }
}
