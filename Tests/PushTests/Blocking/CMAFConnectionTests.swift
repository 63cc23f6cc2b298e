// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import Media
import Net
import Packaging
import Push
import Sharing
import TestSupport
import Testing
import Time

/// A receiver on loopback that sends a text again and again, and does not read.
private final class EndlessReceiver: Sendable {
  private struct State: Sendable {
    var connections = 0
    var bytes = 0
  }

  private let socket: ListeningSocket
  private let state = Monitor(State())

  /// Accepts `connections`, one after another, each until the sender has closed it.
  init(_ text: String, connections: Int) throws {
    socket = try ListeningSocket(host: "127.0.0.1", port: 0)
    _ = OSThread(name: "receiver") { [self] in
      for _ in 0..<connections {
        guard let connection = accept() else { return }
        state.update { $0.connections += 1 }
        let bytes = Array(String(repeating: text, count: 400).utf8)
        var count = 0
        repeat {
          count = unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
          state.update { $0.bytes += max(0, count) }
        } while count > 0
        close(connection)
      }
    }
  }

  /// The URL of a push to it.
  var url: String { "cmaf+http://127.0.0.1:\(socket.boundPort)/live" }

  /// Waits for this number of connections; the bytes that were sent to them.
  func waits(for connections: Int) -> Int? {
    state.wait(until: .hangLimit) { $0.connections >= connections ? $0.bytes : nil }
  }

  private func accept() -> Int32? {
    var polled = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&polled, 1, 60_000) == 1 else { return nil }
    let connection = Glibc.accept(socket.descriptor, nil, nil)
    return connection < 0 ? nil : connection
  }
}

@Suite("CMAF by one long POST, over a socket", .blocking)
struct CMAFConnectionTests {
  private let log = Log(format: .text, least: .error) { _ in }

  @Test("a receiver that sends 100 Continue without end has failed, and is tried again")
  func endlessInterim() throws {
    let receiver = try EndlessReceiver("HTTP/1.1 100 Continue\r\n\r\n", connections: 2)
    let target = try #require(PushTarget(receiver.url))
    let push = StreamPush(of: "s", to: target, PushTLS(), agent: "test", log: log)
    var stream = SyntheticStream(.thirty)
    stream.window.goLive()
    stream.publish(frames: 10)
    push.follow([(name: "video", window: stream.window)])
    // The second connection is the retry, 0.5 s after the fault of the first one.
    let bytes = try #require(receiver.waits(for: 2))
    // At most the buffers of the kernel: the sender reads some KB and closes.
    #expect(bytes < 32 << 20)
    let status = push.status
    #expect(status.counts.failures >= 1 && status.reconnects == 0)
    #expect(status.reason == "more than 16 interim responses (1xx)")
    push.close()
    push.join(until: .hangLimit)
  }
}
