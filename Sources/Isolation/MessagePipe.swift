// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import Sharing
package import Time

/// One end of a pair of sockets between a child and its parent: bytes in both directions.
///
/// Any thread may send; one thread receives.
package final class MessagePipe: Sendable {
  /// Why bytes cannot be received.
  package enum Failure: Error, Sendable, Equatable {
    /// The other end is closed.
    case closed
    /// Nothing arrived in time.
    case silent
  }

  /// The size of the kernel's buffer: several key frames, so that a sender seldom waits.
  private static let bufferSize: Int32 = 4 << 20

  private let descriptor: Int32
  // A state with a size: ThreadSanitizer would report the address of an empty one as a race.
  private let sending = Locked(UInt8(0))

  /// Takes ownership of a connected socket.
  ///
  /// - Parameters:
  ///   - descriptor: the socket.
  ///   - sendLimit: how long the other end may not read, in milliseconds; nil for no limit.
  package init(_ descriptor: Int32, sendLimit: Int64? = nil) {
    self.descriptor = descriptor
    if let sendLimit { clinux_limit_sending(descriptor, sendLimit) }
    clinux_set_option(descriptor, SOL_SOCKET, SO_SNDBUF, Self.bufferSize)
  }

  deinit { close(descriptor) }

  /// Sends `head` and then `payload`, without bytes of other threads between them; blocks while the
  /// other end does not read.
  ///
  /// - Returns: false if the other end is closed.
  @discardableResult
  package func send(_ head: [UInt8], _ payload: SharedBytes? = nil) -> Bool {
    sending.withLock { _ in
      unsafe head.withUnsafeBytes { bytes in
        unsafe clinux_send_all(
          descriptor, bytes.baseAddress, bytes.count, payload?.start, payload?.count ?? 0) == 0
      }
    }
  }

  /// Receives exactly as many bytes as `target` has.
  ///
  /// Bytes that have arrived are taken also after the deadline: this process may itself have been
  /// stopped.
  package func receive(
    into target: UnsafeMutableRawBufferPointer, until deadline: MonotonicTime
  ) throws(Failure) {
    var rest = unsafe target
    while unsafe !rest.isEmpty {
      let count = unsafe clinux_take_arrived(descriptor, rest.baseAddress, rest.count)
      if count > 0 {
        unsafe rest = UnsafeMutableRawBufferPointer(rebasing: rest.dropFirst(Int(count)))
      } else if count == -Int64(EAGAIN) {
        try wait(until: deadline)
      } else if count != -Int64(EINTR) {
        throw .closed
      }
    }
  }

  private func wait(until deadline: MonotonicTime) throws(Failure) {
    var limit = SilenceLimit(deadline)
    while let left = limit.next(at: SystemClock.monotonicTime) {
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // Rounded up, so that the interval has passed when nothing arrives.
      let ready = unsafe Glibc.poll(&poll, 1, Int32(clamping: left.milliseconds + 1))
      if ready > 0 { return }
      if ready < 0, errno != EINTR { throw .closed }
    }
    throw .silent
  }

  /// Receives `count` bytes.
  package func receive(
    _ count: Int, until deadline: MonotonicTime
  ) throws(Failure) -> [UInt8] {
    var failure: Failure?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, filled in
      do throws(Failure) {
        unsafe try receive(
          into: UnsafeMutableRawBufferPointer(
            start: target.baseAddress, count: count), until: deadline)
        filled = count
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Receives `count` bytes that are not copied again.
  package func receiveShared(
    _ count: Int, until deadline: MonotonicTime
  ) throws(Failure) -> SharedBytes {
    var failure: Failure?
    let bytes = unsafe SharedBytes(count: count) { target in
      do throws(Failure) { unsafe try receive(into: target, until: deadline) } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Ends the connection in both directions, also for calls that wait.
  package func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Makes a pair of sockets, and sends one of them to the other end.
  ///
  /// - Parameter sendLimit: as in ``init(_:sendLimit:)``, of the own end.
  /// - Returns: the own end.
  /// - Throws: the system refuses sockets, or the other end is closed.
  package func sendPair(sendLimit: Int64) throws(ChildProcess.Refusal) -> MessagePipe {
    var (own, other): (Int32, Int32) = (-1, -1)
    let made = unsafe clinux_socket_pair(&own, &other)
    guard made == 0 else { throw ChildProcess.Refusal(code: -made) }
    let pipe = MessagePipe(own, sendLimit: sendLimit)
    let result = sending.withLock { _ in clinux_send_descriptor(descriptor, other) }
    close(other)
    guard result == 0 else { throw ChildProcess.Refusal(code: -result) }
    return pipe
  }

  /// Waits for an end of a pair that the other end sends.
  ///
  /// - Returns: the end; nil if it did not arrive, since this process has no free descriptor.
  /// - Throws: the other end is closed.
  package func receiveEnd() throws(ChildProcess.Refusal) -> MessagePipe? {
    let received = clinux_receive_descriptor(descriptor)
    if received >= 0 { return MessagePipe(received) }
    guard received == -EBADMSG || received == -EMFILE || received == -ENFILE else {
      throw ChildProcess.Refusal(code: -received)
    }
    return nil
  }

  /// The connection of a child to its parent.
  ///
  /// From then on the process ignores the signals of a terminal: its parent ends it.
  ///
  /// - Parameters:
  ///   - argument: the first argument of such a child.
  ///   - arguments: those of this process.
  /// - Returns: nil in a process that is no such child.
  package static func toParent(_ argument: String, in arguments: [String]) -> MessagePipe? {
    guard arguments.dropFirst().first == argument, clinux_is_socket(ChildProcess.socket) else {
      return nil
    }
    for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] {
      _ = clinux_ignore_signal(signal)
    }
    return MessagePipe(ChildProcess.socket)
  }
}
