// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Packaging
import Sharing

/// The body of one PUT or POST on its way to a file of an uploaded stream.
///
/// Confined to the loop's thread.
final class FileUpload: BodyReceiver {
  /// Smaller pieces are gathered until the end of the iteration: each chunk costs a system call per
  /// reader.
  private static let gatheredBelow = 2048
  private static let gatherLimit = 16 * 1024

  private let exchange: any Exchange
  private let stream: UploadedStream
  private let file: UploadedFile
  private let replaces: Bool
  private unowned let loop: EventLoop
  private let counters: Locked<UploadCounters>
  private var gathered: [UInt8] = []
  private var isFlushing = false
  private var hasFailed = false

  init(
    _ exchange: any Exchange, _ stream: UploadedStream, _ file: UploadedFile, replaces: Bool,
    loop: EventLoop, counters: Locked<UploadCounters>
  ) {
    self.exchange = exchange
    self.stream = stream
    self.file = file
    self.replaces = replaces
    self.loop = loop
    self.counters = counters
  }

  func received(_ bytes: borrowing Span<UInt8>) {
    guard !hasFailed else { return }
    if gathered.isEmpty, bytes.count >= Self.gatheredBelow {
      let chunk = unsafe SharedBytes(count: bytes.count) { target in
        unsafe bytes.withUnsafeBufferPointer { unsafe target.copyBytes(from: $0) }
      }
      return append(chunk)
    }
    unsafe bytes.withUnsafeBufferPointer { unsafe gathered.append(contentsOf: $0) }
    if gathered.count >= Self.gatherLimit { return flush() }
    guard !isFlushing else { return }
    isFlushing = true
    loop.later { [self] in
      isFlushing = false
      flush()
    }
  }

  func ended() {
    flush()
    guard !hasFailed else { return }
    stream.complete(file, at: loop.now)
    counters.withLock { $0.complete += 1 }
    // RFC 9110 §9.3.4: 201 if the file was created, 204 if it was replaced.
    exchange.respond(UploadResponses.published(replaces ? 204 : 201))
  }

  func failed(_ failure: BodyFailure) {
    guard !hasFailed else { return }
    hasFailed = true
    gathered = []
    stream.fail(file, at: loop.now)
    counters.withLock { $0.broken += 1 }
  }

  private func flush() {
    guard !gathered.isEmpty, !hasFailed else { return }
    let bytes = SharedBytes(gathered)
    gathered.removeAll(keepingCapacity: true)
    append(bytes)
  }

  private func append(_ bytes: SharedBytes) {
    let isTaken = stream.append(bytes, to: file, at: loop.now)
    counters.withLock { counters in
      counters.bytes += UInt64(bytes.count)
      if !isTaken { counters.broken += 1 }
    }
    guard !isTaken else { return }
    hasFailed = true
    gathered = []
    let limit = stream.limits.bytes
    // A response must not be given inside of `received`.
    loop.later { [exchange] in
      exchange.respond(
        UploadResponses.refused(
          413, "the window of the stream is full of open uploads (at most \(limit) bytes)"))
    }
  }
}
