// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Accepts connections on one loop and hands each to the loop that has the fewest.
///
/// When descriptors run out it pauses instead of spinning; waiting connections stay in the kernel's
/// queue.
package final class Acceptor: DescriptorHandler, LoopService {
  /// How long accepting pauses when the process or the machine has no descriptor left.
  static let pause: Int64 = 100_000_000
  /// How many are accepted in one turn: the loop has others to serve.
  private static let batch = 64
  /// Bytes not yet sent above which the kernel takes no more: without it, viewers that do not read
  /// hold megabytes of kernel memory each.
  private static let notSentLow: Int32 = 64 * 1024

  private unowned let loop: EventLoop
  private let loops: [EventLoop]
  private let tls: TLSContext?
  private let deliver: @Sendable (EventLoop, AcceptedSocket) -> Void
  private var listener: ListeningSocket?
  private var resumption = Int64.max

  /// Starts accepting.
  ///
  /// Call it on `loop`'s thread.
  ///
  /// - Parameters:
  ///   - listener: the socket; closed with the acceptor's end.
  ///   - loop: the loop that accepts.
  ///   - loops: the loops that get the connections.
  ///   - tls: what the connections speak TLS with; nil where they are plain.
  ///   - deliver: takes over a connection, on its loop's thread; by default the loop's `receiver`.
  /// - Throws: when the socket cannot be watched.
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

  /// Gives the connection to the loop's `receiver`, or closes it where there is none.
  @Sendable package static func toReceiver(_ loop: EventLoop, _ socket: AcceptedSocket) {
    if let receiver = loop.receiver {
      receiver.receive(socket)
    } else {
      close(socket.descriptor)
      loop.connectionRemoved()
    }
  }

  /// Accepts no more and lets go of the listening socket.
  ///
  /// On the loop's thread.
  package func stop() {
    guard let listener else { return }
    loop.remove(listener.descriptor)
    loop.removeService(self)
    self.listener = nil
    resumption = .max
  }

  package func ready(_ readiness: Readiness) {
    guard let listener else { return }
    for _ in 0..<Self.batch {
      var address = clinux_address()
      let descriptor = unsafe clinux_accept(listener.descriptor, Self.notSentLow, &address)
      if descriptor >= 0 {
        hand(AcceptedSocket(descriptor: descriptor, peer: PeerAddress(address), tls: tls))
        continue
      }
      switch -descriptor {
      case EAGAIN: return
      // The connection failed before it was accepted, accept(2); the next may be fine.
      case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH, EPERM: continue
      // No descriptor or memory left, above all: EMFILE, ENFILE.
      default:
        loop.change(listener.descriptor, [])
        resumption = loop.now + Self.pause
        return
      }
    }
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

  package var nextDeadline: Int64 { resumption }

  package func expire(_ now: Int64) {
    resumption = .max
    if let listener { loop.change(listener.descriptor, .readable) }
  }
}
