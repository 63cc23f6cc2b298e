// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import System
import Time

/// Writes a body of files to a response whose connection cannot send them itself: reads a piece,
/// and the next one when the client has taken it and ``FileReads`` permit it.
///
/// Confined to the loop's thread; the files are read by other threads.
final class FileBodyWriter {
  /// Leads from any thread to what only the loop may touch.
  private final class Proxy: @unchecked Sendable {
    weak var writer: FileBodyWriter?
    weak var reads: FileReads?
  }

  private weak var output: (any BodyOutput)?
  private weak var reads: FileReads?
  private let proxy = Proxy()
  private var cursor: FileCursor
  /// Whether a piece was written.
  private(set) var hasWritten = false

  /// A writer that ``continueWhenTaken()`` begins.
  init(_ files: FileBytes, to output: any BodyOutput, _ reads: FileReads) {
    self.output = output
    self.reads = reads
    cursor = FileCursor(files)
    proxy.writer = self
    proxy.reads = reads
  }

  /// Reads the next piece when the client has taken the bytes before.
  func continueWhenTaken() {
    guard let output else { return }
    guard output.queuedBytes > 0 else { return next() }
    output.whenTaken(backlog: 0) { [weak self] in self?.next() }
  }

  private func next() { reads?.permit(self) }

  /// Reads the next piece, which the budget has room for.
  ///
  /// - Returns: whether a piece is being read; false if the client has gone, or too much is read.
  func read() -> Bool {
    guard let output, let reads else { return false }
    let begun = cursor
    let isTaken = cursor.threads.run { [weak loop = reads.loop, proxy] in
      var cursor = begun
      let piece = try? cursor.read(FileReads.pieceSize)
      if let piece {
        PastMedia.add([piece], until: SystemClock.monotonicTime + PastMediaBudget.pieceTime)
      }
      loop?.post { [cursor] in
        proxy.reads?.end()
        proxy.writer?.write(piece, cursor)
      }
    }
    if !isTaken { output.abort() }
    return isTaken
  }

  private func write(_ piece: SharedBytes?, _ cursor: FileCursor) {
    guard let output else { return }
    // A file that ends early is noticed by the client: the body is too short.
    guard let piece else { return output.abort() }
    self.cursor = cursor
    hasWritten = true
    output.write(piece)
    if cursor.left > 0 { continueWhenTaken() } else { output.end() }
  }
}
