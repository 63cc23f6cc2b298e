// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Server
import ServerTestSupport
import Sharing
import Streams
import TestSupport
import Testing
import Time

@Suite("Requests during an outage of the source")
struct OutageRefusalTests {
  /// The value of Retry-After `milliseconds` after the beginning of an outage.
  private static func wait(
    _ kind: SourceOutage.Kind, after milliseconds: Int64, retryAt: WallTime? = nil
  ) -> Int? {
    var outages = OutageList()
    outages.note(0, kind, "a reason", at: .origin, retryAt: retryAt)
    return outages.outage?.retryAfter(.origin + .milliseconds(milliseconds))
  }

  @Test("are held for two seconds if no attempt has failed, then refused")
  func waiting() {
    #expect(Self.wait(.noPublisher, after: 1999) == nil)
    #expect(Self.wait(.noPublisher, after: 2000) == 1)
    // The clock was set back.
    #expect(Self.wait(.noPublisher, after: -5000) == nil)
  }

  @Test("are refused at once after an attempt that failed, until the next one")
  func failed() {
    let next = WallTime.origin + .seconds(7)
    #expect(Self.wait(.refused, after: 0, retryAt: next) == 7)
    #expect(Self.wait(.refused, after: 6500, retryAt: next) == 1)
    #expect(Self.wait(.refused, after: 9000, retryAt: next) == 1)
    #expect(Self.wait(.refused, after: 0, retryAt: next + .seconds(60)) == 10)
  }

  @Test("are held while a publisher is about to show its first picture")
  func firstPicture() {
    #expect(Self.wait(.firstPicture, after: 9000) == nil)
  }

  /// A stream that was not started, its outages, and a request that it holds.
  private static func held(_ clock: ManualClock) throws -> (
    SyntheticHandler, SourceOutages, FakeExchange
  ) {
    let handler = try SyntheticHandler(clock: clock)
    let plan = StreamPlan(name: "yard") { _ throws(SessionFailure) in throw .thread }
    let log = Log(format: .text, least: .error) { _ in }
    handler.serverState.add(StreamSupervisor(plan, log: log), options: StreamServingOptions())
    handler.requests.woken()
    return (handler, plan.outages, try handler.ask("/yard/playlist.m3u8"))
  }

  @Test("that are held are refused like new ones when the first attempt has failed")
  func becomesKnown() throws {
    let clock = ManualClock()
    let (handler, outages, exchange) = try Self.held(clock)
    handler.pass(500_000_000)
    #expect(exchange.status == 0 && handler.held == 1)
    outages.note(.refused, "refused", retryAt: SystemClock.monotonicTime + .seconds(60))
    handler.pass(1_000_000_000)
    #expect(exchange.status == 503 && handler.held == 0)
    #expect(exchange.header("retry-after") == "10")
    #expect(exchange.text.contains("the source refuses the connection"))
    #expect(exchange.header("cache-control") == "no-store")
    let new = try handler.ask("/yard/playlist.m3u8")
    #expect(new.status == 503 && new.text == exchange.text)
  }

  @Test("that are held stay so while the outage is young, at most until their deadline")
  func staysHeld() throws {
    let clock = ManualClock()
    let (handler, outages, exchange) = try Self.held(clock)
    outages.note(.noPublisher, "none")
    #expect(handler.nextDeadline <= handler.now + 250_000_000)
    handler.pass(300_000_000)
    #expect(exchange.status == 0 && handler.held == 1)
    handler.pass(8_000_000_001)
    #expect(exchange.status == 503 && handler.held == 0)
    #expect(handler.nextDeadline > handler.now + 8_000_000_000)
  }
}
