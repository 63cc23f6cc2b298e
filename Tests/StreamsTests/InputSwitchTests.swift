// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Sharing
import Testing
import Time

@testable import Streams

@Suite("Inputs that wait until they are shown")
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

  /// What a wait for an input returned, and how long it took after `body`.
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
    let inputs = try inputs(isPaced: true)
    let (isWanted, after) = wait(inputs) { inputs.lost(0) }
    #expect(isWanted && after < .seconds(4), "it waited for the 5 s after which a file is silent")
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
