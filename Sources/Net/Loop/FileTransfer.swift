// SPDX-License-Identifier: Apache-2.0

import CLinux
import Sharing
import System
import Time

/// Bytes of files that threads send to a socket, because a disk may stop them.
///
/// Confined to the thread of the socket's loop. At any time at most one other thread uses the
/// socket.
final class FileTransfer {
  /// Leads from any thread to the transfer, which only its loop may touch.
  private final class Proxy: @unchecked Sendable {
    weak var transfer: FileTransfer?
  }

  private let loop: EventLoop
  private let lease: SocketLease
  private let proxy = Proxy()
  private let report: (FileCursor.Progress) -> Void
  private var cursor: FileCursor
  /// Whether a thread uses the socket.
  private(set) var isRunning = false
  private(set) var pace: ThroughputMeter
  /// Bytes that are written after the files.
  var following = SliceQueue()

  /// Files for a socket; `report` takes the progress on the loop's thread.
  init(
    _ files: FileBytes, _ descriptor: Int32, _ loop: EventLoop,
    report: @escaping (FileCursor.Progress) -> Void
  ) {
    cursor = FileCursor(files)
    lease = SocketLease(descriptor)
    pace = ThroughputMeter(now: loop.now)
    self.loop = loop
    self.report = report
    proxy.transfer = self
  }

  /// The bytes that the kernel has not taken, as far as known.
  var byteCount: Int { cursor.left + following.byteCount }

  /// Lets a thread send as many bytes as the socket takes.
  ///
  /// - Returns: false if too many others wait for a thread.
  func run() -> Bool {
    isRunning = true
    let (begun, lease, proxy) = (cursor, lease, proxy)
    let isTaken = cursor.threads.run { [weak loop] in
      var cursor = begun
      let progress = cursor.send(to: lease.descriptor)
      loop?.post { [cursor] in proxy.transfer?.took(cursor, progress) }
    }
    if !isTaken { isRunning = false }
    return isTaken
  }

  private func took(_ cursor: FileCursor, _ progress: FileCursor.Progress) {
    isRunning = false
    pace.move(self.cursor.left - cursor.left, least: 0, now: loop.now)
    self.cursor = cursor
    report(progress)
  }

  /// Ends the socket when no thread uses it.
  func end(_ end: SocketLease.End) { lease.end(end) }
}

/// A socket that another thread uses: it stays open until then.
final class SocketLease: Sendable {
  /// How a socket ends.
  enum End: Sendable {
    case closed
    /// With RST.
    case aborted

    func perform(_ descriptor: Int32) {
      switch self {
      case .closed: close(descriptor)
      case .aborted: clinux_abort(descriptor)
      }
    }
  }

  let descriptor: Int32
  private let ending = Locked<End?>(nil)

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Ends the connection now, and closes the descriptor after its last use.
  func end(_ end: End) {
    shutdown(descriptor, Int32(SHUT_RDWR))
    ending.withLock { $0 = end }
  }

  deinit { ending.withLock { $0 }?.perform(descriptor) }
}
