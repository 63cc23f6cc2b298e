// SPDX-License-Identifier: Apache-2.0

import Glibc
import Net
import ServerTestSupport
import Sharing
import TestSupport
import Testing
import Time

@testable import Access
@testable import Server

private let local = PeerAddress(high: 0, low: 0x7f00_0001, port: 4000, isVersion6: false)

/// A search for the process of a client that ends when the test says so.
private final class Search: Sendable {
  private struct State: Sendable {
    var isFound: Bool?
    var count = 0
  }

  private let state = Monitor(State())

  var count: Int { state.read(\.count) }

  /// Waits until `count` searches have begun.
  func wait(for count: Int) -> Bool {
    state.wait(until: .hangLimit) { $0.count >= count ? true : nil } ?? false
  }

  func end(_ isFound: Bool) { state.update { $0.isFound = isFound } }

  /// The clients of a server that has started a process of an input.
  var clients: LocalClients {
    LocalClients(
      childrenSince: { .distantPast },
      sources: LocalClients.Sources(
        socket: { (geteuid(), UInt32($0.port)) },
        holders: { [state] inodes, _, _ in
          state.update { $0.count += 1 }
          // A test that fails does not end it.
          let deadline = MonotonicTime.hangLimit
          let isFound = state.wait(until: deadline) { $0.isFound } == true
          return isFound ? Dictionary(uniqueKeysWithValues: inodes.map { ($0, 1) }) : [:]
        }))
  }
}

@Suite("Requests whose client is searched for among the processes of this machine", .blocking)
struct LocalClientRequestTests {
  private static let requests = [
    ("GET", "/metrics"), ("GET", "/stats.json"), ("GET", "/live/timestamps.json"),
    ("PUT", "/cam/seg-1.m4s"),
  ]

  private func handler(_ search: Search) throws -> SyntheticHandler {
    var options = ServingOptions()
    (options.metrics, options.statistics, options.timestamps) = (.loopback, .loopback, .loopback)
    options.localClients = search.clients
    options.publishAccess = KeylessAccess(.loopback, options.localClients)
    let handler = try SyntheticHandler(options: options)
    handler.goLive()
    return handler
  }

  /// Runs the loop until a request is answered; at most 5 s.
  private func answer(_ exchange: FakeExchange, _ handler: SyntheticHandler) {
    let deadline = MonotonicTime.hangLimit
    while exchange.isHeld, SystemClock.monotonicTime < deadline {
      handler.loop.iterate()
      usleep(1000)
    }
  }

  @Test("they are held, and the loop answers others meanwhile", arguments: [true, false])
  func held(isFound: Bool) throws {
    for (method, path) in Self.requests {
      let search = Search()
      let handler = try handler(search)
      let exchange = try handler.ask(path, method: method, body: "x", peer: local)
      #expect(exchange.isHeld, "\(path)")
      #expect(try handler.ask("/health", peer: local).status == 200)
      #expect(try handler.playlist().status == 200)
      handler.loop.iterate()
      #expect(exchange.isHeld, "\(path)")
      search.end(isFound)
      answer(exchange, handler)
      #expect(exchange.status == (isFound ? method == "PUT" ? 201 : 200 : 403), "\(path)")
      #expect(exchange.answers == 1 && search.count == 1, "\(path)")
      // The answer is used again for the same connection.
      let again = try handler.ask("/metrics", peer: local)
      #expect(again.status == (isFound ? 200 : 403) && search.count == 1)
    }
  }

  @Test("a client that disconnects meanwhile gets no response, and changes nothing")
  func gone() throws {
    let search = Search()
    let handler = try handler(search)
    let exchange = try handler.ask("/cam/seg-1.m4s", method: "PUT", body: "x", peer: local)
    exchange.onGone?()
    search.end(true)
    let other = try handler.ask("/metrics", peer: local)
    answer(other, handler)
    #expect(other.status == 200 && exchange.isHeld)
    #expect(handler.serverState.streamTable.uploads["cam"] == nil)
  }

  @Test("one search answers all that wait; clients above their limit have no rights")
  func limit() throws {
    let search = Search()
    let handler = try handler(search)
    func ask(_ port: Int) throws -> FakeExchange {
      let peer = PeerAddress(
        high: 0, low: 0x7f00_0001, port: UInt16(port), isVersion6: false)
      return try handler.ask("/metrics", peer: peer)
    }
    let first = try ask(5000)
    #expect(search.wait(for: 1))
    let most = LocalClients.maximumWaiting
    let others = try (1...most + 4).map { try ask(5000 + $0) }
    #expect(others.prefix(most).allSatisfy { $0.isHeld })
    #expect(others.suffix(4).allSatisfy { $0.status == 403 })
    search.end(true)
    for exchange in [first] + others.prefix(most) {
      answer(exchange, handler)
      #expect(exchange.status == 200)
    }
    #expect(search.count == 2)
  }

  @Test("requests that need no rights of this machine are not held")
  func others() throws {
    let search = Search()
    defer { search.end(false) }
    let handler = try handler(search)
    let remote = PeerAddress(high: 0, low: 0xc000_0201, port: 4000, isVersion6: false)
    #expect(try handler.ask("/metrics", peer: remote).status == 403)
    for path in ["/health", "/live/video/playlist.m3u8", "/streams.json"] {
      #expect(try handler.ask(path, peer: local).status == 200, "\(path)")
    }
    #expect(search.count == 0)
  }
}
