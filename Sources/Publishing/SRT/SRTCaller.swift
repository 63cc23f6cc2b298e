// SPDX-License-Identifier: Apache-2.0

import Access
import Logging
import Net
import Time

/// One caller that publishes MPEG-TS.
///
/// Confined to the listener's thread; other threads only pass the reference on.
final class SRTCaller: @unchecked Sendable {
  /// The most payloads of one call of ``read(_:at:)``: other callers are next.
  private static let maximumPayloads = 128

  let socket: SRTSocket
  private let caller: SRTHandshakes.Caller
  private let loop: SRTLoop
  /// Nil before the caller enters, and after the end.
  private var publication: Publication?
  private var queue = PayloadQueue()
  private var reportedDrops: UInt64 = 0

  init(_ socket: SRTSocket, _ caller: SRTHandshakes.Caller, _ loop: SRTLoop) {
    self.socket = socket
    self.caller = caller
    self.loop = loop
  }

  var peer: PeerAddress { caller.peer }

  // MARK: The stream

  /// Asks the hook, and takes the stream.
  func enter() {
    let (admission, service) = (caller.grant.admission, loop.service)
    let publication = Publication(
      PublishEvent(admission.name, .srt, peer, to: caller.grant.target), over: self,
      service.registry, loop.waiting, service.log)
    self.publication = publication
    publication.enter(admission)
  }

  // MARK: Payloads

  /// Reads payloads that are due, and gives them to the source.
  func read(_ buffer: inout [UInt8]) {
    for _ in 0..<Self.maximumPayloads {
      guard let publication else { return }
      guard let count = socket.receive(&buffer) else {
        feed()
        return end("the connection of the publisher is closed or lost")
      }
      guard count > 0 else { break }
      publication.hear(at: now)
      queue.append(buffer.prefix(count))
    }
    feed()
  }

  /// Gives the payloads of the queue to the source, as far as it takes them.
  private func feed() {
    while let piece = queue.first, let written = publication?.write(piece, at: now) {
      switch written {
      case .taken: queue.removeFirst()
      case .full: return
      case .replaced, .malformed: return replaced()
      }
    }
  }

  // MARK: The end

  /// Reports the packets, and closes a caller that sends nothing.
  func check() {
    guard let publication else { return }
    if publication.isAttached, var link = socket.statistics() {
      link.overflowed = queue.droppedCount - reportedDrops
      reportedDrops = queue.droppedCount
      publication.note(link)
    }
    publication.nameMissingMedia(at: now)
    if publication.isIdle(at: now) { end(PublisherLifecycle.silence) }
  }

  /// Closes the connection.
  ///
  /// - Parameter reason: for the log; nil for no line.
  func end(_ reason: String?) {
    guard let ending = publication.take() else { return }
    ending.end(reason)
    queue = PayloadQueue()
    loop.remove(self)
  }
}

extension SRTCaller: PublicationTransport {
  var now: MonotonicTime { loop.now }

  var execute: ThreadExecutor { { [service = loop.service] in service.post($0) } }

  var client: String {
    let (latency, isEncrypted) = socket.properties
    return "SRT from \(peer.masked), latency \(latency) ms\(isEncrypted ? ", encrypted" : "")"
  }

  func begin() { feed() }

  func refused(_ refusal: AccessRefusal) { end(nil) }

  func unusable(_ reason: String) { end(nil) }

  func replaced() { end("replaced by another publisher") }

  func retry() { feed() }
}
