// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Sharing
import Testing
import Time

/// A statement of a loop about its slowest response, and whether the loop may cut it.
private struct Row: Sendable {
  let time: Int64
  let loop: String
  /// The deadline in seconds; nil without past media.
  let deadline: Int64?
  let mayCut: Bool
}

/// The past media of one test: other tests of the process have their own.
private final class OwnMedia: Sendable {
  private struct Reference: Sendable { weak var bytes: SharedBytes? }

  private let references = Locked<[Reference]>([])

  func add(_ bytes: SharedBytes) {
    references.withLock { $0.append(Reference(bytes: bytes)) }
  }

  var byteCount: Int {
    references.withLock { $0.reduce(0) { $0 + ($1.bytes?.count ?? 0) } }
  }

  func budget(megabytes: Int) -> PastMediaBudget {
    PastMediaBudget(megabytes: megabytes) { self.byteCount }
  }
}

@Suite("The budget for past media")
struct PastMediaBudgetTests {
  @Test("the loop with the earliest deadline cuts; statements count for half a second")
  func order() {
    let rows = [
      Row(time: 0, loop: "a", deadline: 5, mayCut: true),
      Row(time: 10, loop: "b", deadline: 7, mayCut: false),
      Row(time: 20, loop: "b", deadline: 5, mayCut: true),
      Row(time: 30, loop: "a", deadline: 8, mayCut: false),
      Row(time: 40, loop: "b", deadline: nil, mayCut: false),
      Row(time: 50, loop: "a", deadline: 8, mayCut: true),
      Row(time: 60, loop: "b", deadline: 9, mayCut: false),
      Row(time: 549, loop: "b", deadline: 9, mayCut: false),
      Row(time: 550, loop: "b", deadline: 9, mayCut: true),
    ]
    var order = SlowestFirst()
    for row in rows {
      let now = MonotonicTime.origin + .milliseconds(row.time)
      guard let deadline = row.deadline else {
        order.remove(row.loop)
        continue
      }
      let mayCut = order.mayCut(.origin + .seconds(deadline), by: row.loop, now: now)
      #expect(mayCut == row.mayCut, "\(row)")
    }
  }

  private let start = SystemClock.monotonicTime
  private let media = OwnMedia()

  private static func limits() -> HTTPLimits {
    var limits = HTTPLimits()
    limits.stallTime = .seconds(1000)
    return limits
  }

  /// A client with a response that does not read, and the bytes that only the response keeps.
  private func stuck(
    _ server: TestServer, _ name: String, _ deadline: Interval, isHTTP2: Bool
  ) throws -> Any {
    let client: Any
    if isHTTP2 {
      let frames = try FrameClient(server)
      frames.send(.get("/stream\(name)", stream: 1))
      client = frames
    } else {
      let plain = try TestClient(server, receiveBuffer: 4096)
      plain.get("/stream\(name)")
      client = plain
    }
    server.onLoop { [start, media] routes in
      let bytes = SharedBytes([UInt8](repeating: 1, count: 400_000))
      let stream = routes.held("/stream\(name)")
      stream?.begin(PreparedResponse(status: 200, fields: []))
      stream?.write(bytes)
      bytes.leaveWindow(until: start + deadline)
      media.add(bytes)
    }
    return client
  }

  @Test("above the budget the slowest responses are cut, as many as needed", arguments: [1, 2])
  func budget(version: Int) throws {
    let server = try TestServer(Self.limits(), pastMedia: media.budget(megabytes: 1))
    var clients: [Any] = []
    for (name, deadline) in [("a", 2000), ("b", 1000), ("c", 3000), ("d", 1500)] {
      clients.append(try stuck(server, name, .seconds(Int64(deadline)), isHTTP2: version == 2))
    }
    #expect(media.byteCount == 1_600_000)
    server.wake()
    #expect(server.seen.faults == [])
    // The excess must last.
    server.pass(.milliseconds(60))
    #expect(server.seen.gone == ["/streamb", "/streamd"])
    #expect(server.seen.faults == [.pastMedia, .pastMedia])
    #expect(media.byteCount == 800_000)
    withExtendedLifetime(clients) {}
  }

  @Test("responses whose deadlines nearly agree are cut together", arguments: [1, 2])
  func together(version: Int) throws {
    let server = try TestServer(Self.limits(), pastMedia: media.budget(megabytes: 1))
    var clients: [Any] = []
    for (name, deadline) in [("a", 1_000_000), ("b", 1_000_200), ("c", 2_000_000)] {
      clients.append(try stuck(server, name, .milliseconds(Int64(deadline)), isHTTP2: version == 2))
    }
    server.wake()
    server.pass(.milliseconds(60))
    // One of them would be enough to keep the budget.
    #expect(server.seen.gone.sorted() == ["/streama", "/streamb"])
    #expect(media.byteCount == 400_000)
    withExtendedLifetime(clients) {}
  }

  @Test("a response is cut at the deadline of its past media", arguments: [1, 2])
  func deadline(version: Int) throws {
    let server = try TestServer(Self.limits(), pastMedia: media.budget(megabytes: 100))
    let clients = [
      try stuck(server, "a", .seconds(1_000_000), isHTTP2: version == 2),
      try stuck(server, "b", .seconds(5), isHTTP2: version == 2),
    ]
    server.pass(.seconds(3))
    #expect(server.seen.faults == [])
    server.pass(.seconds(4))
    #expect(server.seen.gone == ["/streamb"] && server.seen.faults == [.slow])
    withExtendedLifetime(clients) {}
  }
}
