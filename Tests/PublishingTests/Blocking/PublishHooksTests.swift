// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Logging
import Net
import Sharing
import TestSupport
import Testing
import Time

@testable import Publishing

private let peer = PeerAddress(high: 0, low: 0xc000_0201, port: 4000, isVersion6: false)

/// Hooks without addresses.
func noHooks() -> PublishHooks { PublishHooks(.init(), log: quietLog()) }

private func quietLog() -> Log { Log(format: .text, least: .error) { _ in } }

@Suite("The limit of streams that publishers create", .blocking)
struct CreatedStreamLimitTests {
  @Test("names of all protocols count together, and a released name is free")
  func names() {
    let created = CreatedStreamLimit(limit: 2)
    #expect(created.take("a") == .granted)
    #expect(created.take("a") == .refused(.taken))
    #expect(created.take("b") == .granted)
    #expect(created.take("c") == .refused(.full(2)))
    created.release("a")
    created.release("a")
    #expect(created.take("c") == .granted)
    #expect(created.take("a") == .refused(.full(2)))
  }
}

@Suite("Hooks of publishers", .blocking)
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
    let deadline = SystemClock.monotonicTime + .milliseconds(50)
    #expect(throws: HTTPClient.Failure.connection(.noResponse)) {
      try HTTPClient.post([], type: "text/plain", to: address, deadline: deadline)
    }
    withExtendedLifetime(socket) {}
  }

  private func addresses() -> PublishHooks.Addresses {
    var addresses = PublishHooks.Addresses()
    addresses.publish = WebAddress("http://permits.example/")
    addresses.unpublish = WebAddress("http://told.example/")
    return addresses
  }

  @Test("a client is refused in time while the names of all hooks are looked up")
  func slowNames() throws {
    let isOver = Monitor(false)
    let hooks = PublishHooks(addresses(), log: quietLog()) { _, _, _ in
      // As the system's resolver, which knows no deadline.
      _ = isOver.wait { $0 ? true : nil }
      return 200
    }
    let answers = Monitor<[Bool]>([])
    for index in 0..<20 {
      hooks.ask(PublishEvent("live\(index)", .rtmp, peer)) { permit in
        answers.update { $0.append(permit != nil) }
      }
    }
    // No name is known before all are refused.
    answers.wait { $0.count == 20 ? () : nil }
    isOver.update { $0 = true }
    #expect(answers.update { $0 } == [Bool](repeating: false, count: 20))
  }

  @Test("a client that was refused although the hook permitted it later is reported as gone")
  func lateAnswer() throws {
    let told = Monitor<[String]>([])
    let hooks = PublishHooks(addresses(), log: quietLog()) { _, address, deadline in
      if address.origin.host == "permits.example" {
        SystemClock.sleep(until: deadline + .milliseconds(200))
      } else {
        told.update { $0.append(address.origin.host) }
      }
      return 200
    }
    let answers = Monitor<[Bool]>([])
    hooks.ask(PublishEvent("live", .rtmp, peer)) { permit in
      answers.update { $0.append(permit != nil) }
    }
    #expect(told.wait { $0.isEmpty ? nil : $0 } == ["told.example"])
    #expect(answers.update { $0 } == [false])
  }
}

@Suite("Requests to hooks that wait for a thread", .blocking)
struct HookQueueTests {
  @Test("requests that clients wait for come first, each kind in its order")
  func order() {
    var queue = HookQueue<String>()
    #expect(queue.add("end 1", isUrgent: false) == (true, true))
    for call in ["end 2", "end 3"] { _ = queue.add(call, isUrgent: false) }
    for call in ["ask 1", "ask 2"] { _ = queue.add(call, isUrgent: true) }
    var taken: [String] = []
    var last: Bool?
    while let (call, isPatient) = queue.next(after: last) {
      taken.append(call)
      last = isPatient
    }
    #expect(taken == ["ask 1", "ask 2", "end 1", "end 2", "end 3"])
  }

  @Test("ends of publishing leave threads for clients that wait")
  func patience() {
    var queue = HookQueue<Int>()
    var started = 0
    for call in 0..<20 where queue.add(call, isUrgent: false).needsThread { started += 1 }
    #expect(started == HookQueue<Int>.maximumThreads)
    let taken = (0..<started).compactMap { _ in queue.next(after: nil) }
    #expect(taken.map(\.call) == [0, 1, 2, 3])
    // The other threads have ended: a client that asks gets one.
    #expect(queue.add(100, isUrgent: true) == (true, true))
    #expect(queue.next(after: nil)?.call == 100)
    #expect(queue.next(after: true)?.call == 4)
  }

  @Test("a full queue of one kind accepts the other kind")
  func full() {
    var queue = HookQueue<Int>()
    for call in 0..<HookQueue<Int>.maximumWaiting {
      #expect(queue.add(call, isUrgent: false).isTaken)
    }
    #expect(!queue.add(0, isUrgent: false).isTaken)
    #expect(queue.add(0, isUrgent: true).isTaken)
  }

  @Test("without any thread no request waits")
  func noThread() {
    var queue = HookQueue<Int>()
    #expect(queue.add(1, isUrgent: false) == (true, true))
    #expect(queue.threadFailed() == [1])
    #expect(queue.add(2, isUrgent: true) == (true, true))
  }
}
