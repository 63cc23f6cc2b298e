// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import System

/// Where a process hands its streams over to the process that replaces it.
///
/// A local socket at an abstract address with its process id. Processes of other users are refused.
package final class HandoverSocket: Sendable {
  /// The most connections that wait: one per stream.
  private static let backlog: Int32 = 256

  private let descriptor: Int32

  /// The socket of this process; nil if the system refuses it.
  package init?() {
    descriptor = Self.open()
    let isBound = unsafe LocalAddress.with(Self.name(of: getpid())) { address, size in
      unsafe bind(descriptor, address, size) == 0
    }
    guard descriptor >= 0, isBound, listen(descriptor, Self.backlog) == 0 else {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }

  /// Waits for a connection.
  ///
  /// - Parameter sendLimit: as in ``MessagePipe/init(_:sendLimit:)``.
  /// - Returns: nil if the socket has failed.
  package func next(sendLimit: Int64) -> MessagePipe? {
    while true {
      let found = accept(descriptor, nil, nil)
      guard found >= 0 else {
        guard errno == EINTR || errno == ECONNABORTED else { return nil }
        continue
      }
      _ = fcntl(found, F_SETFD, FD_CLOEXEC)
      if Self.isOwn(found) { return MessagePipe(found, sendLimit: sendLimit) }
      close(found)
    }
  }

  /// Connects to the socket of another process of this user; nil if it has none.
  package static func connect(to process: Int32) -> MessagePipe? {
    let descriptor = open()
    let isConnected = unsafe LocalAddress.with(name(of: process)) { address, size in
      unsafe Glibc.connect(descriptor, address, size) == 0
    }
    guard isConnected, isOwn(descriptor, process) else {
      close(descriptor)
      return nil
    }
    return MessagePipe(descriptor)
  }

  private static func open() -> Int32 {
    socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  }

  private static func name(of process: Int32) -> String { "@streamer-handover-\(process)" }

  /// Whether the other end is a process of this user, and `process` if that is given: of a
  /// connection to a listening socket it is the process that listens.
  ///
  /// - Source: unix(7), SO_PEERCRED
  private static func isOwn(_ descriptor: Int32, _ process: Int32? = nil) -> Bool {
    // struct ucred: pid, uid, gid.
    var peer: [Int32] = [0, 0, 0]
    var size = socklen_t(MemoryLayout<Int32>.size * peer.count)  // bounded: three numbers
    let result = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size)
    return result == 0 && UInt32(bitPattern: peer[1]) == geteuid()
      && (process.map { $0 == peer[0] } ?? true)
  }
}
