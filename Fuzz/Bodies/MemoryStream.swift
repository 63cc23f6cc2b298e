// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing

/// A connection without a socket: keeps what is written, takes only so much of it a turn, and plays the peer's part.
///
/// Confined to the loop's thread.
final class MemoryStream: ByteStream {
  var owner: (any ByteStreamOwner)?
  let peer = PeerAddress(high: 0, low: 0x7F00_0001, port: 1, isVersion6: false)
  let isSecure = false
  private(set) var queuedBytes = 0
  private(set) var lastProgress: Int64
  var isReading = true
  var noticesEnd = true
  /// All that the kernel took.
  private(set) var written: [UInt8] = []
  /// Whether our end was closed in order, or cut.
  private(set) var isFinished = false
  private(set) var isClosed = false
  /// Whether something was queued then.
  private(set) var hasLost = false
  private var queue: [UInt8] = []
  private let loop: EventLoop
  /// Bytes that the kernel takes each time.
  private let capacity: Int

  init(_ loop: EventLoop, capacity: Int) {
    self.loop = loop
    self.capacity = capacity
    lastProgress = loop.now
  }

  func write(_ slices: [ByteSlice]) {
    guard !isClosed else { return }
    for slice in slices {
      slice.bytes.withBytes { bytes in
        for index in slice.offset..<slice.offset + slice.count {
          unsafe queue.append(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
        }
      }
    }
    take()
  }

  func finishWriting() { isFinished = true }

  func close() { end() }

  func abort() { end() }

  private func end() {
    if !isClosed { hasLost = queuedBytes > 0 }
    isClosed = true
    owner = nil
    queue = []
    queuedBytes = 0
  }

  private func take() {
    let count = min(capacity, queue.count)
    written += queue[..<count]
    queue.removeFirst(count)
    queuedBytes = queue.count
    lastProgress = loop.now
  }

  // MARK: The peer

  /// Sends a piece, if it is read.
  ///
  /// - Returns: whether it was.
  func deliver(_ piece: ArraySlice<UInt8>) -> Bool {
    guard !isClosed, isReading, let owner else { return false }
    owner.received(Array(piece).span)
    return true
  }

  /// Lets the kernel take more of what is queued.
  func drain() {
    guard !isClosed, queuedBytes > 0 else { return }
    take()
    if queuedBytes == 0 { owner?.drained() }
  }

  /// The connection is lost.
  func fail() {
    let owner = owner
    end()
    owner?.failed()
  }

  /// The peer sends no more.
  func finish() {
    guard !isClosed, isReading || noticesEnd else { return }
    owner?.inputEnded()
  }
}
