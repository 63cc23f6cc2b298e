// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Sharing
import Time

/// The readers of one file that grows, on one loop; each gets every chunk.
///
/// Chunks that a connection does not take stay in the file, and are sent when it has taken the ones
/// before. Confined to the loop's thread.
final class UploadReaders {
  /// Whether the readers need further chunks.
  enum Progress { case reading, done }

  private final class Reader {
    let exchange: any Exchange
    let since: MonotonicTime
    /// The number of chunks that were sent.
    var sent = 0
    /// The bytes of the chunks that wait.
    var waitingBytes = 0
    /// After the beginning of the response.
    var backlog: BodyBacklog?
    var isGone = false

    init(_ exchange: any Exchange, since: MonotonicTime) {
      self.exchange = exchange
      self.since = since
    }

    var hasBegun: Bool { backlog != nil }
  }

  let file: UploadedFile
  private let limits: UploadLimits
  private let openHead: PreparedResponse
  private var readers: [Reader] = []
  private var heldField = HeldField()
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
    let reader = Reader(exchange, since: since)
    if exchange.request.method == .head, exchange.canStream {
      exchange.begin(openHead, extra: heldField.ifHeld(since, now))
      return exchange.end()
    }
    exchange.onGone = { [weak reader] in reader?.isGone = true }
    readers.append(reader)
    send(file.read().chunks.prefix(count), to: reader, now)
  }

  /// Sends the new chunks; the bodies end with the end of the upload, cleanly only if it is
  /// complete.
  func advance(_ now: MonotonicTime) -> Progress {
    let start = count
    let piece = file.read(from: start)
    count += piece.chunks.count
    if !piece.chunks.isEmpty {
      readers.removeAll { $0.isGone }
      for reader in readers {
        if reader.sent >= start {
          // A reader that has read ahead has some of them.
          send(piece.chunks.dropFirst(reader.sent - start), to: reader, now)
        } else {
          reader.waitingBytes += Self.byteCount(piece.chunks[...])
          wait(reader)
        }
      }
    }
    guard piece.phase != .open else { return .reading }
    finish(piece.phase, now)
    return .done
  }

  /// Aborts the responses in progress and returns the other requests, with their arrival.
  func close() -> [(any Exchange, MonotonicTime)] {
    let closing = readers.filter { !$0.isGone }
    readers = []
    for reader in closing where reader.hasBegun { reader.exchange.abort() }
    return closing.filter { !$0.hasBegun }.map { reader in
      reader.exchange.onGone = nil
      return (reader.exchange, reader.since)
    }
  }

  /// Sends the chunks after those that the reader has, as far as its connection takes them.
  private func send(_ chunks: ArraySlice<SharedBytes>, to reader: Reader, _ now: MonotonicTime) {
    // Over HTTP/1.0 the end of a body of unknown length cannot be marked.
    guard !chunks.isEmpty, reader.exchange.canStream else { return }
    if !reader.hasBegun {
      reader.backlog = BodyBacklog(initial: Self.byteCount(chunks))
      reader.exchange.begin(openHead, extra: heldField.ifHeld(reader.since, now))
    }
    var rest = chunks
    while let chunk = rest.first {
      guard reader.exchange.queuedBytes <= BodyBacklog.pieceLimit else {
        reader.waitingBytes = Self.byteCount(rest)
        return wait(reader)
      }
      reader.exchange.write(chunk)
      reader.sent += 1
      rest.removeFirst()
    }
    reader.waitingBytes = 0
  }

  /// Waits until the connection has taken the bytes before.
  private func wait(_ reader: Reader) {
    let added = reader.backlog?.added(
      waiting: reader.waitingBytes, queued: reader.exchange.queuedBytes)
    reader.exchange.whenTaken(backlog: added ?? 0) { [weak self, weak reader] in
      guard let self, let reader, !reader.isGone else { return }
      // The head is sent: the time is without effect.
      send(file.read(from: reader.sent).chunks[...], to: reader, reader.since)
    }
  }

  private func finish(_ phase: UploadedFile.Phase, _ now: MonotonicTime) {
    let ending = readers.filter { !$0.isGone }
    readers = []
    var whole: PreparedResponse?
    for reader in ending {
      switch (phase, reader.hasBegun) {
      case (.complete, true): reader.exchange.end(with: file.read(from: reader.sent).chunks)
      case (.complete, false):
        let response = whole ?? UploadResponses.whole(file, limits)
        whole = response
        reader.exchange.respond(response, extra: heldField.ifHeld(reader.since, now))
      case (_, true): reader.exchange.abort()
      case (_, false): reader.exchange.respond(UploadResponses.broken)
      }
    }
  }

  private static func byteCount(_ chunks: ArraySlice<SharedBytes>) -> Int {
    chunks.reduce(0) { $0 + $1.count }
  }
}
