// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Packaging
import Stills

/// The readers of the motion JPEG of a stream on one loop.
///
/// A reader gets the newest picture when its connection has taken the one before: a slow one misses
/// pictures. Confined to the loop's thread.
struct MotionPictureReaders {
  /// A response with pictures.
  private final class Reader {
    let exchange: any Exchange
    let width: UInt16?
    /// The number of the newest sent picture.
    var sent: UInt64 = 0
    var isGone = false

    init(_ exchange: any Exchange, width: UInt16?) {
      self.exchange = exchange
      self.width = width
    }

    func end() {
      if !isGone { exchange.end(with: [MotionPictureBody.end]) }
      isGone = true
    }
  }

  private let service: StillService
  private unowned let loop: EventLoop
  private var served: ServedStream?
  private var readers: [Reader] = []

  /// No readers; `service` makes the pictures.
  init(_ service: StillService, loop: EventLoop) {
    self.service = service
    self.loop = loop
  }

  /// The number of readers, including readers that have just disconnected.
  var count: Int { readers.count }

  /// Begins a response with pictures of a stream.
  mutating func add(_ exchange: any Exchange, width: UInt16?, of served: ServedStream) {
    if exchange.answersCondition(of: MotionPictureBody.head) { return }
    exchange.begin(MotionPictureBody.head)
    guard exchange.request.method != .head else { return exchange.end() }
    exchange.write(MotionPictureBody.start)
    let reader = Reader(exchange, width: width)
    exchange.onGone = { [weak reader, weak loop] in
      reader?.isGone = true
      loop?.wake()
    }
    self.served = served
    readers.append(reader)
    served.pictures(width: width).join(loop)
    advance(width, served)
  }

  /// Sends the pictures that were made, and asks for that of a newer frame.
  mutating func woken() {
    guard let served, !readers.isEmpty else { return }
    let widths = Set(readers.map(\.width))
    if served.window.snapshot.state == .ended { for reader in readers { reader.end() } }
    readers.removeAll(where: \.isGone)
    for width in widths {
      if readers.contains(where: { $0.width == width }) {
        advance(width, served)
      } else {
        served.pictures(width: width).leave(loop)
      }
    }
  }

  /// Ends all responses: the stream has another session, or was removed.
  mutating func close() {
    for reader in readers { reader.end() }
    for width in Set(readers.map(\.width)) { served?.pictures(width: width).leave(loop) }
    (readers, served) = ([], nil)
  }

  private func advance(_ width: UInt16?, _ served: ServedStream) {
    let pictures = served.pictures(width: width).advance(served, service)
    for reader in readers where reader.width == width {
      let exchange = reader.exchange
      guard let next = pictures.next(after: reader.sent, queued: exchange.queuedBytes) else {
        continue
      }
      reader.sent = next.number
      exchange.write(next.part)
    }
  }
}
