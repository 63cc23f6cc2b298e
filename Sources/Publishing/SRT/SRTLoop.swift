// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import Time

/// The thread of an SRT listener: accepts callers, and reads their payloads.
///
/// Confined to that thread.
final class SRTLoop {
  /// The longest wait for payloads, which is also that of libsrt itself.
  private static let waitTime = Interval.milliseconds(10)
  private static let checkTime = Interval.seconds(1)

  let service: SRTService
  private let listener: SRTSocket
  private let poll: SRTPoll
  private(set) var now = SystemClock.monotonicTime
  private var callers: [SRTSocket: SRTCaller] = [:]
  /// The publications whose source does not read: each turn is an attempt.
  let waiting = PublicationQueue(pauses: .zero ... .zero)
  private var buffer = [UInt8](repeating: 0, count: SRTSocket.payloadSize)
  private var nextCheck: MonotonicTime

  init(_ service: SRTService, _ listener: SRTSocket, _ poll: SRTPoll) {
    self.service = service
    self.listener = listener
    self.poll = poll
    nextCheck = now + Self.checkTime
  }

  /// Serves callers until the service is closed.
  func run() {
    while let tasks = service.takeTasks() {
      for task in tasks { task() }
      let ready = poll.wait(Self.waitTime)
      now = SystemClock.monotonicTime
      for socket in ready {
        if socket == listener { accept() } else { callers[socket]?.read(&buffer) }
      }
      waiting.expire(now)
      guard nextCheck <= now else { continue }
      nextCheck = now + Self.checkTime
      for caller in Array(callers.values) { caller.check() }
      service.handshakes.expire(now)
    }
    listener.close()
    for caller in Array(callers.values) { caller.end("the program ends") }
    poll.close()
  }

  private func accept() {
    while let socket = listener.accept() {
      guard let known = service.handshakes.finish(socket) else {
        socket.close()
        continue
      }
      guard poll.watch(socket) else {
        service.handshakes.release(known.peer)
        socket.close()
        continue
      }
      let caller = SRTCaller(socket, known, self)
      callers[socket] = caller
      caller.enter()
    }
  }

  /// Closes the socket of a caller that has ended.
  func remove(_ caller: SRTCaller) {
    guard callers.removeValue(forKey: caller.socket) != nil else { return }
    poll.forget(caller.socket)
    caller.socket.close()
    service.handshakes.release(caller.peer)
  }
}
