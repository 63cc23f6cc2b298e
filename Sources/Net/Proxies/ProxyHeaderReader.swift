// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Reads the header of the PROXY protocol from a new connection of a trusted proxy.
///
/// The bytes after the header stay in the kernel, so that TLS or HTTP begins with them. Confined to
/// the loop's thread.
package final class ProxyHeaderReader: DescriptorHandler {
  /// The end of the reading.
  package enum Outcome: Sendable {
    /// The connection, with the address of the client, and no header before its bytes.
    case ready(AcceptedSocket)
    /// The header was invalid, or the connection ended; it is closed.
    case closed
  }

  private unowned let loop: EventLoop
  private let socket: AcceptedSocket
  private var finish: ((Outcome) -> Void)?

  /// Takes ownership of the descriptor and watches it; on an error the descriptor is closed.
  ///
  /// - Parameters:
  ///   - socket: the accepted socket.
  ///   - loop: the loop of the calling thread.
  ///   - finish: called once, and not from inside this call.
  /// - Throws: if epoll refuses the descriptor.
  package init(
    _ socket: AcceptedSocket, on loop: EventLoop, finish: @escaping (Outcome) -> Void
  ) throws(NetError) {
    self.socket = socket
    self.loop = loop
    self.finish = finish
    do { try loop.add(socket.descriptor, [.readable, .peerFinished, .changesOnly], self) } catch {
      CLinux.close(socket.descriptor)
      loop.connectionRemoved()
      throw error
    }
  }

  package func ready(_ readiness: DescriptorReadiness) {
    guard readiness.isDisjoint(with: .failed) else { return close() }
    var bytes = [UInt8](repeating: 0, count: ProxyHeader.sizeLimit)
    let count = unsafe clinux_peek(socket.descriptor, &bytes, bytes.count)
    if count == -Int(EAGAIN) || count == -Int(EINTR) { return }
    guard count > 0 else { return close() }
    // bounded: the call returns at most the size of the buffer
    switch ProxyHeader.read(bytes[..<count]) {
    case .incomplete: if readiness.contains(.peerFinished) { close() }
    case .malformed: close()
    case .none: hand(socket)
    case .header(let size, let client):
      // The bytes are in the kernel.
      guard unsafe clinux_receive(socket.descriptor, &bytes, size) == size else { return close() }
      hand(
        AcceptedSocket(
          descriptor: socket.descriptor, peer: client ?? socket.peer, tls: socket.tls))
    }
  }

  private func hand(_ socket: AcceptedSocket) {
    guard let finish else { return }
    self.finish = nil
    loop.remove(socket.descriptor)
    finish(.ready(socket))
  }

  /// Closes the connection; without effect after the end of the reading.
  package func close() {
    guard let finish else { return }
    self.finish = nil
    loop.remove(socket.descriptor)
    CLinux.close(socket.descriptor)
    loop.connectionRemoved()
    finish(.closed)
  }

  package func loopStopped() { close() }
}
