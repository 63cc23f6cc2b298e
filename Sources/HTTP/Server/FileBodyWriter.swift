// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import System
import Time

/// Writes a body of files to a response whose connection cannot send them itself: reads a piece,
/// and the next one when the client has taken it.
///
/// Confined to the loop's thread; the files are read by other threads.
final class FileBodyWriter {
  /// Leads from any thread to the writer, which only its loop may touch.
  private final class Proxy: @unchecked Sendable {
    weak var writer: FileBodyWriter?
  }

  /// The bytes of a piece: the memory of a response, however long its body is.
  private static let pieceSize = 256 << 10
  /// How long a response with a piece may take when too much of the past is in memory.
  private static let sendingTime = Interval.seconds(10)

  private weak var output: (any BodyOutput)?
  private weak var loop: EventLoop?
  private let proxy = Proxy()
  private var cursor: FileCursor

  /// A writer that ``continueWhenTaken()`` begins.
  init(_ files: FileBytes, to output: any BodyOutput, _ loop: EventLoop) {
    self.output = output
    self.loop = loop
    cursor = FileCursor(files)
    proxy.writer = self
  }

  /// Reads the next piece when the client has taken the bytes before.
  func continueWhenTaken() {
    guard let output else { return }
    guard output.queuedBytes > 0 else { return next() }
    output.whenTaken(backlog: 0) { [weak self] in self?.next() }
  }

  private func next() {
    let begun = cursor
    let isTaken = cursor.threads.run { [weak loop, proxy] in
      var cursor = begun
      let piece = try? cursor.read(Self.pieceSize)
      piece?.leaveWindow(until: SystemClock.monotonicTime + Self.sendingTime)
      loop?.post { [cursor] in proxy.writer?.write(piece, cursor) }
    }
    if !isTaken { loop?.later { [proxy] in proxy.writer?.output?.abort() } }
  }

  private func write(_ piece: SharedBytes?, _ cursor: FileCursor) {
    guard let output else { return }
    // A file that ends early is noticed by the client: the body is too short.
    guard let piece else { return output.abort() }
    self.cursor = cursor
    output.write(piece)
    if cursor.left > 0 { continueWhenTaken() } else { output.end() }
  }
}
