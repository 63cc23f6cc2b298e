// SPDX-License-Identifier: Apache-2.0

import CTestSockets
import Glibc
import Net
import Sharing

/// A server on loopback whose connections send given responses, each after a request, and close.
final class ScriptedServer: Sendable {
  private struct State: Sendable {
    var scripts: [[String]]
    var requests: [String] = []
    var connections = 0
  }

  let socket: ListeningSocket
  private let state: Locked<State>
  /// Ends the threads after a failed test.
  private static let timeout = 5

  /// Connection i sends the responses of `scripts[i]`; later connections close at once.
  init(_ scripts: [[String]]) throws {
    socket = try ListeningSocket(host: "127.0.0.1", port: 0)
    state = Locked(State(scripts: scripts))
    let count = scripts.count
    _ = OSThread(name: "scripted") { [self] in
      for _ in 0..<count {
        guard let connection = accept() else { return }
        let script = state.withLock { state in
          state.connections += 1
          return state.scripts.removeFirst()
        }
        _ = OSThread(name: "connection") { [self] in serve(connection, script) }
      }
    }
  }

  var port: UInt16 { socket.boundPort }
  var requests: [String] { state.withLock { $0.requests } }
  var connections: Int { state.withLock { $0.connections } }

  private func accept() -> Int32? {
    var polled = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&polled, 1, Int32(Self.timeout * 1000)) == 1 else { return nil }
    let connection = Glibc.accept(socket.descriptor, nil, nil)
    return connection < 0 ? nil : connection
  }

  private func serve(_ connection: Int32, _ script: [String]) {
    defer { close(connection) }
    var limit = timeval(tv_sec: Self.timeout, tv_usec: 0)
    _ = unsafe setsockopt(
      connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    for response in script {
      guard let request = receive(connection) else { return }
      state.withLock { $0.requests.append(request) }
      let bytes = Array(response.utf8)
      _ = unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// The head of the next request; nil if the client has closed the connection.
  private func receive(_ connection: Int32) -> String? {
    var head = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !head.contains("\r\n\r\n") {
      let count = unsafe recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      head += String(decoding: buffer.prefix(count), as: UTF8.self)
    }
    return head
  }
}
