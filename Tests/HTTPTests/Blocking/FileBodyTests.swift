// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Net
import Sharing
import System
import TestSupport
import Testing
import Time

/// Bodies of files, which the kernel sends itself, or which are read piece by piece.
@Suite("Bodies of files", .blocking)
struct FileBodyTests {
  /// Threads of a disk that may be frozen: its jobs then wait.
  private final class Disk: DiskThreads {
    private let waiting: Locked<[@Sendable () -> Void]?>
    let released = Locked(0)
    let reads = Locked(0)

    init(isFrozen: Bool = false) { waiting = Locked(isFrozen ? [] : nil) }

    func run(_ job: @escaping @Sendable () -> Void) -> Bool {
      reads.withLock { $0 += 1 }
      let isFrozen = waiting.withLock { waiting in
        waiting?.append(job)
        return waiting != nil
      }
      if !isFrozen { job() }
      return true
    }

    func release(_ job: @escaping @Sendable () -> Void) {
      released.withLock { $0 += 1 }
      job()
    }

    func thaw() {
      let jobs = waiting.withLock { waiting in
        defer { waiting = nil }
        return waiting ?? []
      }
      for job in jobs { job() }
    }
  }

  /// Made once: a debug build takes half a second.
  private static let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 7 ^ $0) }

  private let folder: TemporaryFolder
  private let content = Self.bytes

  init() throws {
    folder = try TemporaryFolder()
    try DiskFile(folder.path + "/file", .creating).write(content, at: 0)
  }

  /// A head of 5 bytes, the file without its first 100 bytes, and a piece of memory.
  private func response(_ disk: Disk) throws -> PreparedResponse {
    let open = OpenFiles([try DiskFile(folder.path + "/file", .reading)], disk)
    let files = FileBytes(
      [
        .file(0, 100..<1000), .memory(ByteSlice(SharedBytes("-"))),
        .file(0, 1000..<5000), .file(0, 5000..<content.count),
        .memory(ByteSlice(SharedBytes("xxtailxx"), 2..<6)),
      ], of: open)
    return PreparedResponse(
      status: 200, fields: [PreparedResponse.acceptRanges],
      slices: [ByteSlice(SharedBytes("head "))], files: files)
  }

  private var whole: [UInt8] {
    Array("head ".utf8) + content[100..<1000] + Array("-".utf8) + content[1000...]
      + Array("tail".utf8)
  }

  private func respond(_ server: TestServer, _ path: String, _ response: PreparedResponse) {
    // Over sockets the request may be on its way.
    let isAnswered = Locked(false)
    while !isAnswered.withLock({ $0 }) {
      server.onLoop { routes in
        guard let exchange = routes.held(path) else { return }
        exchange.respond(response.ranged(exchange.request))
        isAnswered.withLock { $0 = true }
      }
    }
  }

  @Test("the whole body, a part, and the next response", arguments: Transport.allCases)
  func http1(_ transport: Transport) throws {
    let server = try TestServer(transport)
    let disk = Disk()
    let client = try TestClient(server, receiveBuffer: 4096)
    client.get("/stream")
    respond(server, "/stream", try response(disk))
    #expect(try client.response().body == whole)
    for range in [
      2..<7, 3..<1_000_000, 904..<907, 2_999_000..<2_999_910, 2_999_906..<2_999_909,
    ] {
      let path = "/stream\(range.lowerBound)"
      client.get(path, "Range: bytes=\(range.lowerBound)-\(range.upperBound - 1)\r\n")
      respond(server, path, try response(disk))
      #expect(try client.response().body == Array(whole[range.clamped(to: whole.indices)]))
    }
    client.send("HEAD /streamed HTTP/1.1\r\nHost: a\r\n\r\n")
    respond(server, "/streamed", try response(disk))
    #expect(try client.response(hasBody: false).has("content-length: \(whole.count)"))
    client.get("/hello")
    #expect(try client.response().text == "hello")
    #expect(disk.released.withLock { $0 } == 7)
  }

  @Test("a file after the response to an earlier request", arguments: Transport.allCases)
  func pipelined(_ transport: Transport) throws {
    let server = try TestServer(transport)
    let client = try TestClient(server)
    client.get("/hold")
    client.get("/stream")
    respond(server, "/stream", try response(Disk()))
    server.onLoop { $0.held("/hold")?.respond(.text(200, "first")) }
    #expect(try client.response().text == "first\n")
    #expect(try client.response().body == whole)
  }

  @Test("the whole body, HTTP/2")
  func http2() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(Frame(.window, Frame.word(0x7fff_0000)), .get("/stream1", stream: 1))
    client.send(Frame(.window, stream: 1, Frame.word(0x7000_0000)))
    respond(server, "/stream1", try response(Disk()))
    #expect(try client.answer(stream: 1).body == whole)
    #expect(server.seen.faults == [])
  }

  @Test("a frozen disk stops only the response that needs it", arguments: Transport.allCases)
  func frozen(_ transport: Transport) throws {
    let server = try TestServer(transport)
    let disk = Disk(isFrozen: true)
    let client = try TestClient(server), gone = try TestClient(server)
    for (one, path) in [(client, "/stream1"), (gone, "/stream2")] {
      one.get(path)
      respond(server, path, try response(disk))
    }
    let other = try TestClient(server)
    other.get("/hello")
    #expect(try other.response().text == "hello")
    gone.finish()
    disk.thaw()
    #expect(try client.response().body == whole)
  }

  @Test("a file that ends early ends the connection", arguments: Transport.allCases)
  func short(_ transport: Transport) throws {
    let server = try TestServer(transport)
    let client = try TestClient(server)
    client.get("/stream")
    let response = try response(Disk())
    try DiskFile(folder.path + "/file", .writing).truncate(to: 2_000_000)
    respond(server, "/stream", response)
    #expect(throws: (any Error).self) { try client.response() }
  }

  // MARK: Room for pieces

  /// A server whose budget of 1 MB is used up by as many bytes as `used` says.
  private func server(_ used: Locked<Int>) throws -> TestServer {
    try TestServer(
      pastMedia: PastMediaBudget(megabytes: 1) { used.withLock { $0 } })
  }

  @Test("reads wait while the budget has no room, and nobody is cut")
  func room() throws {
    let used = Locked(1_000_000)
    let server = try server(used)
    let disk = Disk()
    let client = try FrameClient(server)
    client.send(Frame(.window, Frame.word(0x7fff_0000)))
    for stream in [1, 3] {
      client.send(.get("/stream\(stream)", stream: UInt32(stream)))
      client.send(Frame(.window, stream: UInt32(stream), Frame.word(0x7000_0000)))
      respond(server, "/stream\(stream)", try response(disk))
    }
    server.pass(.seconds(5))
    #expect(disk.reads.withLock { $0 } == 0)
    used.withLock { $0 = 0 }
    server.pass(.milliseconds(60))
    #expect(try client.answer(stream: 1).body == whole)
    #expect(try client.answer(stream: 3).body == whole)
    #expect(server.seen.faults == [])
  }

  @Test("a client that keeps a piece for a second makes room for reads that wait")
  func crowded() throws {
    let used = Locked(0)
    let server = try server(used)
    let stuck = try FrameClient(server), waiting = try FrameClient(server)
    stuck.send(.get("/streama", stream: 1))
    respond(server, "/streama", try response(Disk()))
    used.withLock { $0 = 1_000_000 }
    waiting.send(Frame(.window, Frame.word(0x7fff_0000)), .get("/streamb", stream: 1))
    waiting.send(Frame(.window, stream: 1, Frame.word(0x7000_0000)))
    respond(server, "/streamb", try response(Disk()))
    server.pass(.seconds(1))
    #expect(server.seen.faults == [])
    server.pass(.seconds(2))
    #expect(server.seen.faults == [.pastMedia])
    used.withLock { $0 = 0 }
    server.pass(.milliseconds(60))
    #expect(try waiting.answer(stream: 1).body == whole)
  }
}
