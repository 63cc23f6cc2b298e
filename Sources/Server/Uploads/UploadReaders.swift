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

  private final class Reader {
    let exchange: any Exchange
    let since: MonotonicTime
    var hasBegun = false
    var isGone = false

    init(_ exchange: any Exchange, since: MonotonicTime) {
      self.exchange = exchange
      self.since = since
    }
  }

  let file: UploadedFile
  private let limits: UploadLimits
  private let openHead: PreparedResponse
  private var readers: [Reader] = []
  /// The number of chunks that all readers have.
  private var sent = 0

  init(_ file: UploadedFile, _ limits: UploadLimits) {
    self.file = file
    self.limits = limits
    openHead = UploadResponses.openHead(file.name, limits)
  }

  /// The number of readers, including readers that have just disconnected.
  var count: Int { readers.count }

  /// Adds a reader, which gets the chunks of all others; call ``advance(_:)`` before.
  func add(_ exchange: any Exchange, since: MonotonicTime, now: MonotonicTime) {
    let reader = Reader(exchange, since: since)
    if exchange.request.method == .head, exchange.canStream {
      exchange.begin(openHead, extra: HeldField.ifHeld(since, now))
      return exchange.end()
    }
    exchange.onGone = { [weak reader] in reader?.isGone = true }
    readers.append(reader)
    send(Array(file.read().chunks.prefix(sent)), to: reader, now)
  }

  /// Sends the new chunks; the bodies end with the end of the upload, cleanly only if it is
  /// complete.
  func advance(_ now: MonotonicTime) -> Progress {
    let piece = file.read(from: sent)
    sent += piece.chunks.count
    if !piece.chunks.isEmpty {
      readers.removeAll { $0.isGone }
      for reader in readers { send(piece.chunks, to: reader, now) }
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

  private func send(_ chunks: [SharedBytes], to reader: Reader, _ now: MonotonicTime) {
    // Over HTTP/1.0 the end of a body of unknown length cannot be marked.
    guard !chunks.isEmpty, reader.exchange.canStream else { return }
    if !reader.hasBegun {
      reader.hasBegun = true
      reader.exchange.begin(openHead, extra: HeldField.ifHeld(reader.since, now))
    }
    for chunk in chunks { reader.exchange.write(chunk) }
  }

  private func finish(_ phase: UploadedFile.Phase, _ now: MonotonicTime) {
    let ending = readers.filter { !$0.isGone }
    readers = []
    var whole: PreparedResponse?
    for reader in ending {
      switch (phase, reader.hasBegun) {
      case (.complete, true): reader.exchange.end()
      case (.complete, false):
        let response = whole ?? UploadResponses.whole(file, limits)
        whole = response
        reader.exchange.respond(response, extra: HeldField.ifHeld(reader.since, now))
      case (_, true): reader.exchange.abort()
      case (_, false): reader.exchange.respond(UploadResponses.broken)
      }
    }
  }
}
