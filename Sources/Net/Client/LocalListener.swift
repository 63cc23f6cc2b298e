// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Sharing
package import Time

/// TCP sockets that listen on the loopback addresses, for connections of this process to itself.
///
/// Each process of the machine can connect: the owner of a connection has to recognise its client.
package final class LocalListener: Sendable {
  private let socket: ListeningSocket
  /// nil without IPv6.
  private let socket6: ListeningSocket?
  /// Whether an owner waits for its client.
  private let isTaken = Monitor(false)

  /// Listens on free ports of 127.0.0.1 and, if the machine has it, ::1.
  ///
  /// - Throws: if 127.0.0.1 is refused.
  package init() throws(NetError) {
    socket = try ListeningSocket(host: "127.0.0.1", port: 0)
    socket6 = try? ListeningSocket(host: "::1", port: 0)
  }

  /// Address and port as in a URL; of IPv6 if `isVersion6` and the machine has it.
  package func authority(isVersion6: Bool) -> String {
    if isVersion6, let socket6 { return "[::1]:\(socket6.boundPort)" }
    return "127.0.0.1:\(socket.boundPort)"
  }

  /// Lets one owner at a time wait for its client.
  ///
  /// - Returns: the result of `body`; nil at the deadline.
  package func exclusively<Result>(
    until deadline: MonotonicTime, _ body: () -> Result
  ) -> Result? {
    let isMine: Bool? = isTaken.wait(until: deadline) { isTaken in
      guard !isTaken else { return nil }
      isTaken = true
      return true
    }
    guard isMine != nil else { return nil }
    defer { isTaken.update { $0 = false } }
    return body()
  }

  /// Waits for a connection to ``authority(isVersion6:)``, until the deadline or a cancellation.
  package func accept(
    isVersion6: Bool, until deadline: MonotonicTime, _ cancellation: ClientCancellation
  ) throws(ClientError) -> LocalConnection {
    let listening = (isVersion6 ? socket6 : nil) ?? socket
    while true {
      let code = clinux_wait(
        listening.descriptor, Int16(POLLIN), cancellation.descriptor, deadline.nanoseconds)
      guard code == 1 else { throw code == -ECANCELED ? .cancelled : .noResponse }
      var peer = clinux_address()
      let found = unsafe clinux_accept(listening.descriptor, 1 << 20, &peer)
      if found >= 0 { return LocalConnection(found) }
      guard [-EAGAIN, -EINTR, -ECONNABORTED].contains(found) else {
        throw .noConnection("accept: \(-found)")
      }
    }
  }
}

/// A connection that a ``LocalListener`` has accepted.
///
/// Confined to one thread.
package final class LocalConnection {
  let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { CLinux.close(descriptor) }

  /// The bytes that have arrived, at most `limit`; nil if none have, empty at the end.
  package func readArrived(_ limit: Int) -> [UInt8]? {
    var result = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, used in
      result = unsafe clinux_receive(descriptor, buffer.baseAddress, buffer.count)
      used = max(0, result)
    }
    return result == -Int(EAGAIN) || result == -Int(EINTR) ? nil : bytes
  }

  /// Waits for bytes, or the end, until `deadline`; whether there are.
  package func waitForInput(until deadline: MonotonicTime) -> Bool {
    clinux_wait(descriptor, Int16(POLLIN), -1, deadline.nanoseconds) == 1
  }

  /// Sends all bytes, and waits for the client if it reads slowly.
  ///
  /// - Returns: whether the client has the connection open.
  package func write(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let sent = unsafe rest.withUnsafeBytes { bytes in
        unsafe clinux_send_bytes(descriptor, bytes.baseAddress, bytes.count)
      }
      if sent > 0 {
        rest = rest.dropFirst(sent)
      } else if sent == -Int(EAGAIN) {
        let limit = (SystemClock.monotonicTime + .seconds(60)).nanoseconds
        _ = clinux_wait(descriptor, Int16(POLLOUT), -1, limit)
      } else if sent != -Int(EINTR) {
        return false
      }
    }
    return true
  }
}

extension ClientConnection {
  /// The end that has sent bytes, or has closed the connection.
  package enum Readable: Sendable, Equatable {
    case server
    case local
    case neither
  }

  /// Waits until the server or a local client has sent something, or closed its connection.
  ///
  /// The local client is preferred.
  package func wait(beside local: LocalConnection, until deadline: MonotonicTime) -> Readable {
    switch clinux_wait(descriptor, Int16(POLLIN), local.descriptor, deadline.nanoseconds) {
    case 1: .server
    case -ECANCELED: .local
    default: .neither
    }
  }

  /// The address of the server; nil if the connection has ended.
  package var peer: PeerAddress? {
    var address = clinux_address()
    return unsafe clinux_peer_address(descriptor, &address) == 0 ? PeerAddress(address) : nil
  }
}
