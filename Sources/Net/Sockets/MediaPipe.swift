// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The writing end of a pair of local sockets, to which records are written without blocking.
///
/// At most one record waits in memory. Confined to one thread at a time.
package final class MediaPipe {
  /// The requested size of the kernel's buffer: several key frames.
  private static let bufferSize: Int32 = 4 << 20

  private let descriptor: Int32
  /// The rest of a record that the kernel did not take.
  private var rest: [UInt8] = []
  private var offset = 0
  /// Whether the reading end is closed.
  package private(set) var isClosed = false

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
    clinux_set_option(descriptor, SOL_SOCKET, SO_SNDBUF, Self.bufferSize)
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  deinit { close(descriptor) }

  /// A new pair; the caller owns the reading end, which is closed on exec.
  ///
  /// - Throws: if the system refuses descriptors.
  package static func pair() throws(NetError) -> (writer: MediaPipe, reader: Int32) {
    var (own, other): (Int32, Int32) = (-1, -1)
    let code = unsafe clinux_socket_pair(&own, &other)
    guard code == 0 else { throw .system(call: "socketpair", code: -code) }
    return (MediaPipe(own), other)
  }

  /// Sends the rest of a record.
  ///
  /// - Returns: whether nothing is left.
  package func flush() -> Bool {
    while offset < rest.count, !isClosed {
      let sent = unsafe rest.withUnsafeBytes { bytes in
        unsafe clinux_send_bytes(
          descriptor, bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset)
      }
      guard let count = taken(sent), count > 0 else { return isClosed }
      offset += count
    }
    rest = []
    offset = 0
    return true
  }

  /// Writes a record; what the kernel does not take waits, together with an earlier rest.
  package func write(_ head: [UInt8], _ payload: [UInt8]) {
    var count = 0
    if rest.isEmpty {
      let sent = unsafe head.withUnsafeBytes { head in
        unsafe payload.withUnsafeBytes { payload in unsafe send([head, payload]) }
      }
      guard let done = taken(sent) else { return }
      count = done
    }
    guard !isClosed, count < head.count + payload.count else { return }
    rest += head.dropFirst(count)
    rest += payload.dropFirst(max(0, count - head.count))
  }

  @unsafe private func send(_ ranges: [UnsafeRawBufferPointer]) -> Int {
    var pieces = unsafe ranges.map { range in
      unsafe iovec(
        iov_base: UnsafeMutableRawPointer(mutating: range.baseAddress), iov_len: range.count)
    }
    return unsafe clinux_send(descriptor, &pieces, pieces.count)
  }

  /// The number of bytes that the kernel took; nil if the reading end is closed.
  private func taken(_ sent: Int) -> Int? {
    if sent >= 0 { return sent }
    if sent == -Int(EAGAIN) || sent == -Int(EINTR) || sent == -Int(ENOBUFS) { return 0 }
    isClosed = true
    return nil
  }
}
