// SPDX-License-Identifier: Apache-2.0

import Logging
import Net
import Publishing
import Sharing
import Testing
import Time

private let peer = PeerAddress(high: 0, low: 0xc000_0201, port: 4000, isVersion6: false)

/// Hooks without addresses.
func noHooks() -> PublishHooks { PublishHooks(.init(), log: quietLog()) }

private func quietLog() -> Log { Log(format: .text, least: .error) { _ in } }

@Suite("The allowance of streams that publishers create")
struct PublishAllowanceTests {
  @Test("names of all protocols count together, and a released name is free")
  func names() {
    let allowance = PublishAllowance(limit: 2)
    #expect(allowance.take("a") == .granted)
    #expect(allowance.take("a") == .taken)
    #expect(allowance.take("b") == .granted)
    #expect(allowance.take("c") == .exhausted)
    allowance.release("a")
    allowance.release("a")
    #expect(allowance.take("c") == .granted)
    #expect(allowance.take("a") == .exhausted)
  }
}

@Suite("Hooks of publishers")
struct PublishHooksTests {
  @Test("without a hook every client is permitted at once")
  func absent() {
    let hooks = noHooks()
    #expect(hooks.areAbsent)
    #expect(hooks.permit(PublishEvent("live", .rtmp, peer)) != nil)
  }

  @Test("without a server at its address no client is permitted")
  func failsClosed() throws {
    // The port of a socket that no longer listens.
    let port = try ListeningSocket(host: "127.0.0.1", port: 0).boundPort
    var addresses = PublishHooks.Addresses()
    let address = try #require(WebAddress("http://127.0.0.1:\(port)/"))
    addresses.publish = address
    let hooks = PublishHooks(addresses, log: quietLog())
    let event = PublishEvent("live", .http, peer)
    #expect(hooks.permit(event) == nil)
    let answer = Monitor<Bool?>(nil)
    hooks.ask(event) { permit in answer.update { $0 = permit != nil } }
    #expect(answer.wait { $0 } == false)
  }

  @Test("a server that does not respond in time permits no client")
  func silent() throws {
    // The kernel accepts the connection, and no thread reads it.
    let socket = try ListeningSocket(host: "127.0.0.1", port: 0)
    let address = try #require(WebAddress("http://127.0.0.1:\(socket.boundPort)/"))
    let begun = SystemClock.monotonicTime
    #expect(throws: HTTPPost.Failure.noResponse) {
      try HTTPPost.send([], type: "text/plain", to: address, deadline: begun + .milliseconds(50))
    }
    #expect(SystemClock.monotonicTime - begun < .seconds(2))
    withExtendedLifetime(socket) {}
  }
}
