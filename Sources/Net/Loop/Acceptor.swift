// SPDX-License-Identifier: Apache-2.0

import CLinux
package import Time

/// Accepts connections on one loop and hands each to the loop that has the fewest.
///
/// When descriptors run out it pauses instead of spinning; waiting connections stay in the kernel's
/// queue.
package final class Acceptor: DescriptorHandler, LoopService {
  /// The pause when the process or the machine has no free descriptor.
  static let pause = Interval.milliseconds(100)
  /// The maximum number of connections accepted in one iteration.
  private static let batch = 64
  /// Unsent bytes above which the kernel takes no more; without this limit a viewer that does not
  /// read holds megabytes of kernel memory.
  private static let notSentLow: Int32 = 64 * 1024

  private unowned let loop: EventLoop
  private let loops: [EventLoop]
  private let tls: TLSContext?
  private let deliver: @Sendable (EventLoop, AcceptedSocket) -> Void
  private var listener: ListeningSocket?
  private var resumption = MonotonicTime.distantFuture

  /// Starts accepting.
  ///
  /// Call it on `loop`'s thread.
  ///
  /// - Parameters:
  ///   - listener: the listening socket; closed by `stop`.
  ///   - loop: the loop that accepts.
  ///   - loops: the loops that get the connections.
  ///   - tls: certificate and key; nil for plain connections.
  ///   - deliver: takes ownership of a connection, on its loop's thread; by default the loop's
  ///     `receiver`.
  /// - Throws: if epoll refuses the socket.
  package init(
    _ listener: ListeningSocket, on loop: EventLoop, among loops: [EventLoop],
    tls: TLSContext? = nil,
    deliver: @escaping @Sendable (EventLoop, AcceptedSocket) -> Void = Acceptor.toReceiver
  ) throws(NetError) {
    self.loop = loop
    self.loops = loops.isEmpty ? [loop] : loops
    self.listener = listener
    self.tls = tls
    self.deliver = deliver
    try loop.add(listener.descriptor, .readable, self)
    loop.addService(self)
  }

  /// Gives the connection to the loop's `receiver`, or closes it without a receiver.
  @Sendable package static func toReceiver(_ loop: EventLoop, _ socket: AcceptedSocket) {
    if let receiver = loop.receiver {
      receiver.receive(socket)
    } else {
      close(socket.descriptor)
      loop.connectionRemoved()
    }
  }

  /// Stops accepting and releases the listening socket.
  ///
  /// On the loop's thread.
  package func stop() {
    guard let listener else { return }
    loop.remove(listener.descriptor)
    loop.removeService(self)
    self.listener = nil
    resumption = .distantFuture
  }

  package func ready(_ readiness: DescriptorReadiness) {
    guard let listener else { return }
    for _ in 0..<Self.batch {
      var address = clinux_address()
      let descriptor = unsafe clinux_accept(listener.descriptor, Self.notSentLow, &address)
      if descriptor >= 0 {
        let peer = Self.peer(PeerAddress(address), of: descriptor)
        hand(AcceptedSocket(descriptor: descriptor, peer: peer, tls: tls))
        continue
      }
      switch -descriptor {
      case EAGAIN: return
      // The connection failed before it was accepted, accept(2); the next one may succeed.
      case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH, EPERM: continue
      // No free descriptor or memory, such as EMFILE, ENFILE.
      default:
        loop.change(listener.descriptor, [])
        resumption = loop.now + Self.pause
        return
      }
    }
  }

  /// The peer of a connection; one on this machine also has the end of this server.
  private static func peer(_ peer: PeerAddress, of descriptor: Int32) -> PeerAddress {
    var own = clinux_address()
    guard peer.isLoopback, unsafe clinux_local_address(descriptor, &own) == 0 else { return peer }
    return peer.connected(to: PeerAddress(own))
  }

  private func hand(_ socket: AcceptedSocket) {
    let chosen = loops.min { $0.connectionCount < $1.connectionCount } ?? loop
    chosen.connectionAdded()
    if chosen === loop {
      deliver(chosen, socket)
    } else {
      chosen.post { [deliver] in deliver(chosen, socket) }
    }
  }

  package func loopStopped() { stop() }

  package func woken() {}

  package var nextDeadline: MonotonicTime { resumption }

  package func expire(_ now: MonotonicTime) {
    resumption = .distantFuture
    if let listener { loop.change(listener.descriptor, .readable) }
  }
}
