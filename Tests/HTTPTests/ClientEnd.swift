// SPDX-License-Identifier: Apache-2.0

import CLinux
import CTestSockets
import HTTPTestSupport
import Sharing

/// The client's end of a connection.
protocol ClientEnd: AnyObject {
  func send(_ bytes: [UInt8])
  /// The next bytes; empty after FIN; nil after RST, or if none arrive.
  func receive() -> [UInt8]?
  /// Sends FIN.
  func finish()
}

/// A socket whose operations block for at most five seconds.
final class SocketEnd: ClientEnd, Sendable {
  let descriptor: Int32

  init(port: UInt16, receiveBuffer: Int32 = 0, timeout: Int32 = 5) throws {
    descriptor = ctest_connect_loopback(port, receiveBuffer, timeout)
    guard descriptor >= 0 else { throw TestClient.Failed(what: "connect: \(descriptor)") }
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) {
    var bytes = bytes
    unsafe bytes.withUnsafeMutableBytes { bytes in
      var piece = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
      _ = unsafe clinux_send(descriptor, &piece, 1)
    }
  }

  func receive() -> [UInt8]? {
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe clinux_receive(descriptor, &piece, piece.count)
    return count < 0 ? nil : Array(piece[..<count])
  }

  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }
}

/// A connection in memory, confined to the test's thread.
final class MemoryEnd: ClientEnd {
  private let server: TestServer
  private let stream: MemoryStream

  init(_ server: TestServer, _ stream: MemoryStream) {
    (self.server, self.stream) = (server, stream)
  }

  deinit { finish() }

  func send(_ bytes: [UInt8]) {
    stream.send(bytes)
    server.settle()
  }

  func receive() -> [UInt8]? {
    server.settle()
    if stream.end == .aborted { return nil }
    let bytes = stream.read()
    return bytes.isEmpty && stream.end == .none ? nil : Array(bytes)
  }

  func finish() {
    stream.finish()
    server.settle()
  }
}
