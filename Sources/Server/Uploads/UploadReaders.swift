// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Sharing
import Time

/// The readers of one file that grows, on one loop; each gets every chunk.
///
/// Confined to the loop's thread.
final class UploadReaders {
  /// Whether the readers need further chunks.
  enum Progress { case reading, done }

  let file: UploadedFile
  private let limits: UploadLimits
  private let openHead: PreparedResponse
  private var readers: [GrowingResponse] = []
  /// The number of chunks that readers have, or wait for.
  private var count = 0

  init(_ file: UploadedFile, _ limits: UploadLimits) {
    self.file = file
    self.limits = limits
    openHead = UploadResponses.openHead(file.name, limits)
  }

  /// The number of readers, including readers that have just disconnected.
  var readerCount: Int { readers.count }

  /// Adds a reader, which gets the chunks of all others; call ``advance(_:)`` before.
  func add(_ exchange: any Exchange, since: MonotonicTime, now: MonotonicTime) {
    let reader = GrowingResponse(exchange, asked: since, head: openHead)
    guard !reader.answersHead(now) else { return }
    readers.append(reader)
    send(file.read().chunks.prefix(count), to: reader, now)
  }

  /// Sends the new chunks; the bodies end with the end of the upload, cleanly only if it is
  /// complete.
  func advance(_ now: MonotonicTime) -> Progress {
    let piece = file.read(from: count)
    if !piece.chunks.isEmpty {
      readers.removeAll(where: \.isGone)
      for reader in readers {
        let isBehind = reader.sent < count
        // A reader that has read ahead has some of the new ones.
        let chunks =
          isBehind
          ? file.read(from: reader.sent).chunks[...]
          : piece.chunks.dropFirst(reader.sent - count)
        send(chunks, to: reader, now)
      }
      count += piece.chunks.count
    }
    guard piece.phase != .open else { return .reading }
    finish(piece.phase, now)
    return .done
  }

  /// Aborts the responses in progress, and hands the other requests to `reroute` with their
  /// arrival.
  func close(_ reroute: (any Exchange, MonotonicTime) -> Void) {
    let closing = readers.filter { !$0.isGone }
    readers = []
    for reader in closing { reader.leave(reroute) }
  }

  private func send(
    _ chunks: ArraySlice<SharedBytes>, to reader: GrowingResponse, _ now: MonotonicTime
  ) {
    reader.send(chunks, now) { [weak self, weak reader] in
      guard let self, let reader else { return }
      // The head is sent: the time is without effect.
      send(file.read(from: reader.sent).chunks[...], to: reader, reader.asked)
    }
  }

  private func finish(_ phase: UploadedFile.Phase, _ now: MonotonicTime) {
    let ending = readers.filter { !$0.isGone }
    readers = []
    lazy var whole = UploadResponses.whole(file, limits)
    for reader in ending {
      if phase == .complete {
        reader.end(file.read(from: reader.sent).chunks, now) { whole }
      } else {
        reader.cut(UploadResponses.broken)
      }
    }
  }
}
