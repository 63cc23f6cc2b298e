// SPDX-License-Identifier: Apache-2.0

import Access
import Logging
import Net
import Time

/// One caller that publishes MPEG-TS.
///
/// Confined to the listener's thread; other threads only pass the reference on.
final class SRTCaller: @unchecked Sendable {
  private enum State {
    /// The hook decides, or the stream is created.
    case entering
    case publishing(PublishedStream, Publisher, ContainerPublisher)
    case closed
  }

  /// The time without a payload after which a caller is closed, and that of entering.
  private static let idleTime = Interval.seconds(10)
  /// The most payloads of one call of ``read(_:at:)``: other callers are next.
  private static let mostPayloads = 128

  let socket: SRTSocket
  private let caller: SRTHandshakes.Caller
  private let loop: SRTLoop
  private var state = State.entering
  private var permit: PublishPermit?
  private var queue = PayloadQueue()
  /// Whether the end of the last piece waits for the source.
  private var hasRest = false
  /// When the last payload arrived.
  private var lastPayload: MonotonicTime
  private var reportedDrops: UInt64 = 0

  init(_ socket: SRTSocket, _ caller: SRTHandshakes.Caller, _ loop: SRTLoop, at now: MonotonicTime)
  {
    self.socket = socket
    self.caller = caller
    self.loop = loop
    lastPayload = now
  }

  var peer: PeerAddress { caller.peer }

  // MARK: The stream

  /// Asks the hook, and goes to the stream.
  func enter() {
    let (admission, service) = (caller.grant.admission, loop.service)
    service.registry.enter(
      admission, PublishEvent(admission.name, .srt, peer), on: { service.post($0) },
      answer: { self.entered($0) })
  }

  private func entered(_ result: Result<PublisherRegistry.Entrance, AccessRefusal>) {
    guard case .entering = state else { return }
    do throws(AccessRefusal) {
      let entrance = try result.get()
      permit = entrance.permit
      try attach(to: entrance.stream)
    } catch {
      loop.service.log.write(
        .warning, "publish-refused", stream: caller.grant.name,
        "SRT from \(peer.masked): \(error)")
      end(nil)
    }
  }

  private func attach(to stream: PublishedStream) throws(AccessRefusal) {
    let service = loop.service
    // The reference ends when the state does.
    let publisher = Publisher(.srt) { [self] then in
      service.post({
        self.end("replaced by another publisher")
        then()
      })
    }
    guard case .attached(let former) = stream.attach(publisher, at: loop.now) else {
      throw .taken
    }
    former?.close()
    state = .publishing(stream, publisher, ContainerPublisher(stream, publisher))
    let (latency, isEncrypted) = socket.properties
    service.log.write(
      .info, "publish-started", stream: stream.name,
      "SRT from \(peer.masked), latency \(latency) ms\(isEncrypted ? ", encrypted" : "")")
    feed()
  }

  // MARK: Payloads

  /// Reads payloads that are due, and gives them to the source.
  func read(_ buffer: inout [UInt8]) {
    for _ in 0..<Self.mostPayloads {
      if case .closed = state { return }
      guard let count = socket.receive(&buffer) else {
        feed()
        return end("the connection of the publisher is closed or lost")
      }
      guard count > 0 else { break }
      lastPayload = loop.now
      queue.append(buffer.prefix(count))
    }
    feed()
  }

  /// Whether the source has not taken everything.
  var isWaiting: Bool {
    if case .publishing = state { hasRest || !queue.isEmpty } else { false }
  }

  /// Gives the payloads of the queue to the source, as far as it takes them.
  func feed() {
    guard case .publishing(_, _, let media) = state else { return }
    while let piece = queue.first {
      switch media.write(piece, at: loop.now) {
      case .taken: queue.removeFirst()
      case .full:
        hasRest = true
        return
      case .replaced, .malformed: return end("replaced by another publisher")
      }
    }
    hasRest = !media.flush(at: loop.now)
  }

  // MARK: The end

  /// Reports the packets, and closes a caller that sends nothing.
  func check() {
    let now = loop.now
    if case .publishing(let stream, let publisher, _) = state, var link = socket.statistics() {
      link.overflowed = queue.droppedCount - reportedDrops
      reportedDrops = queue.droppedCount
      stream.note(link, by: publisher)
    }
    if now - lastPayload >= Self.idleTime {
      end("the publisher has sent nothing for \(Self.idleTime.wholeSeconds) s")
    }
  }

  /// Closes the connection.
  ///
  /// - Parameter reason: for the log; nil for no line.
  func end(_ reason: String?) {
    if case .publishing(let stream, _, let media) = state {
      state = .closed
      media.end(at: loop.now)
      if !stream.flush() { loop.flushLater(stream) }
      if let reason {
        loop.service.log.write(.info, "publish-ended", stream: stream.name, reason)
      }
    } else if case .closed = state {
      return
    }
    state = .closed
    permit = nil
    queue = PayloadQueue()
    loop.remove(self)
  }
}
