// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import Time

/// The reads of files of one loop: they wait while the budget of past media has no room for another
/// piece.
///
/// Clients that take their pieces are thereby not cut for the number of them. They come first, in
/// their order. Then the newest response comes first: thousands of requests whose responses no
/// client reads delay only each other. Confined to the loop's thread.
final class FileReads {
  /// A writer that waits; it may be gone when its turn comes.
  private struct Waiting {
    weak var writer: FileBodyWriter?
  }

  /// The bytes of a piece: the memory of a response, however long its body is.
  static let pieceSize = 64 << 10

  let loop: EventLoop
  private let budget: PastMediaBudget
  /// Responses whose client has taken a piece, the longest waiting first.
  private var reading: [Waiting] = []
  /// Responses without a piece so far, the newest last.
  private var beginning: [Waiting] = []
  private var isCrowded = false

  /// The reads of a loop; `budget` is shared with the other loops.
  init(_ loop: EventLoop, _ budget: PastMediaBudget) {
    self.loop = loop
    self.budget = budget
  }

  deinit {
    if isCrowded { budget.setCrowded(false) }
  }

  /// Whether no read waits.
  var isEmpty: Bool { reading.isEmpty && beginning.isEmpty }

  /// Lets a writer read its next piece, now or when there is room.
  func permit(_ writer: FileBodyWriter) {
    if isEmpty, begin(writer) { return }
    if isEmpty { loop.wake() }
    if writer.hasWritten {
      reading.append(Waiting(writer: writer))
    } else {
      beginning.append(Waiting(writer: writer))
    }
  }

  /// The piece of a read is there, and counted as past media.
  func end() { budget.endRead(Self.pieceSize) }

  /// Begins the reads for which there is room.
  func resume() {
    beginning.removeAll { $0.writer == nil }
    let begun = reading.prefix { $0.writer.map(begin) ?? true }.count
    reading.removeFirst(begun)
    while reading.isEmpty, let newest = beginning.last {
      if let writer = newest.writer, !begin(writer) { break }
      beginning.removeLast()
    }
    guard isEmpty == isCrowded else { return }
    isCrowded.toggle()
    budget.setCrowded(isCrowded)
  }

  /// - Returns: whether the writer need not wait.
  private func begin(_ writer: FileBodyWriter) -> Bool {
    guard budget.beginRead(Self.pieceSize, isFirst: !writer.hasWritten) else { return false }
    if !writer.read() { end() }
    return true
  }
}
