// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Net
import Publishing
import Time

/// The uploads of media on one loop: retries those whose source does not take their bytes.
///
/// Confined to the loop's thread.
final class MediaUploads {
  /// The distance of two attempts.
  private static let retryTime = Interval.milliseconds(10)

  private unowned let loop: EventLoop
  private let log: Log
  private let hookRequests: HookRequests
  private var waiting: [MediaUpload] = []
  /// Tracks whose next body is awaited, until these times.
  private var paused: [(track: PausedTrack, until: MonotonicTime)] = []
  private(set) var nextDeadline = MonotonicTime.distantFuture

  init(loop: EventLoop, hookRequests: HookRequests, log: Log) {
    self.loop = loop
    self.hookRequests = hookRequests
    self.log = log
  }

  /// Makes the client of an exchange the publisher of a stream, or of a track of it, unless it has
  /// another one.
  func begin(_ exchange: any Exchange, _ stream: PublishedStream, _ track: PublishedTrack?) {
    let peer = exchange.request.peer
    let isTaken =
      track.map { stream.isTaken($0, by: peer, at: loop.now) } ?? stream.isTaken(at: loop.now)
    guard !isTaken else { return exchange.respond(Self.taken(track)) }
    // The hook was asked for the body before.
    if let track, stream.isPaused(track, by: peer) { return begin(exchange, stream, track, nil) }
    let event = PublishEvent(stream.name, .http, exchange.request.peer)
    hookRequests.ask(exchange, event) { [self] in begin(exchange, stream, track, $0) }
  }

  private static func taken(_ track: PublishedTrack?) -> PreparedResponse {
    let what = track.map { "the \($0.rawValue) track of the stream" } ?? "the stream"
    return UploadResponses.refused(409, "\(what) has a publisher")
  }

  private func begin(
    _ exchange: any Exchange, _ stream: PublishedStream, _ track: PublishedTrack?,
    _ permit: PublishPermit?
  ) {
    let proxy = UploadProxy()
    let publisher = Publisher { [weak loop] then in
      guard let loop else { return then() }
      loop.post {
        proxy.upload?.replace()
        then()
      }
    }
    guard let media = attach(publisher, stream, track, exchange.request.peer) else {
      return exchange.respond(Self.taken(track))
    }
    let word = track.map { "HTTP (\($0.rawValue))" } ?? "HTTP"
    if (media as? TrackPublisher)?.isContinued != true {
      log.write(
        .info, "publish-started", stream: stream.name,
        "\(word) from \(exchange.request.peer.masked)")
    }
    let upload = MediaUpload(exchange, media, permit, loop: loop, uploads: self, log: log)
    proxy.upload = upload
    exchange.receiveBody(limit: .max, upload)
  }

  /// Closes the former publisher; nil if it may not be replaced.
  private func attach(
    _ publisher: Publisher, _ stream: PublishedStream, _ track: PublishedTrack?,
    _ peer: PeerAddress
  ) -> (any BytePublisher)? {
    if let track {
      var former: Publisher?
      let media = TrackPublisher(
        stream, track, publisher, from: peer, at: loop.now, former: &former)
      former?.close()
      return media
    }
    guard case .attached(let former) = stream.attach(publisher, at: loop.now) else { return nil }
    former?.close()
    return ContainerPublisher(stream, publisher)
  }

  /// Ends a track later, unless another body continues it.
  func keep(_ track: PausedTrack) {
    let until = loop.now + PausedTrack.limit
    paused.append((track, until))
    nextDeadline = min(nextDeadline, until)
  }

  /// Continues an upload later.
  func retry(_ upload: MediaUpload) {
    if !waiting.contains(where: { $0 === upload }) { waiting.append(upload) }
    nextDeadline = min(nextDeadline, loop.now + Self.retryTime)
  }

  /// Continues the waiting uploads.
  func expire(_ now: MonotonicTime) {
    guard nextDeadline <= now else { return }
    nextDeadline = .distantFuture
    let uploads = waiting
    waiting = []
    for upload in uploads { upload.advance() }
    let due = paused.filter { $0.until <= now }
    paused.removeAll { $0.until <= now }
    for (track, _) in due where track.expire(at: now) {
      log.write(
        .info, "publish-ended", stream: track.name,
        "no other fragment within \(PausedTrack.limit.wholeSeconds) s")
    }
    nextDeadline = min(nextDeadline, paused.map(\.until).min() ?? .distantFuture)
  }
}

/// Leads from any thread to an upload, which only its loop may touch.
private final class UploadProxy: @unchecked Sendable {
  weak var upload: MediaUpload?
}

/// The body of one upload on its way to the source of a stream, with back-pressure.
///
/// Confined to the loop's thread.
final class MediaUpload: BodyReceiver {
  /// The largest piece that is given to the source at once.
  private static let pieceLimit = 64 * 1024

  private let exchange: any Exchange
  private let publisher: any BytePublisher
  /// Until the end of the upload.
  private var permit: PublishPermit?
  private unowned let loop: EventLoop
  private unowned let uploads: MediaUploads
  private let log: Log
  /// Bytes that the source does not take yet.
  private var rest: [UInt8] = []
  /// Whether all bytes have arrived.
  private var isWhole = false
  private var hasEnded = false
  /// Why the bytes are no media.
  private var fault: String?

  init(
    _ exchange: any Exchange, _ publisher: any BytePublisher, _ permit: PublishPermit?,
    loop: EventLoop, uploads: MediaUploads, log: Log
  ) {
    self.exchange = exchange
    self.permit = permit
    self.publisher = publisher
    self.loop = loop
    self.uploads = uploads
    self.log = log
  }

  func received(_ bytes: borrowing Span<UInt8>) {
    guard !hasEnded, fault == nil else { return }
    unsafe bytes.withUnsafeBufferPointer { unsafe rest.append(contentsOf: $0) }
    advance()
  }

  /// Gives bytes to the source, or waits until it takes some.
  func advance() {
    while !hasEnded, !rest.isEmpty {
      let piece = rest.count <= Self.pieceLimit ? rest : Array(rest.prefix(Self.pieceLimit))
      switch publisher.write(piece, at: loop.now) {
      case .taken: rest.removeFirst(piece.count)
      case .full:
        exchange.isBodyPaused = true
        return uploads.retry(self)
      case .replaced: return loop.later { self.replace() }
      case .malformed(let reason):
        (fault, rest) = (reason, [])
        return loop.later { self.refuse(reason) }
      }
    }
    if !hasEnded, isWhole { return ended() }
    if !hasEnded { exchange.isBodyPaused = false }
    if !publisher.flush(at: loop.now) { uploads.retry(self) }
  }

  func ended() {
    guard !hasEnded else { return }
    if let fault { return refuse(fault) }
    isWhole = true
    // The source has not taken everything yet.
    guard rest.isEmpty else { return uploads.retry(self) }
    if let track = publisher.pause(permit, at: loop.now) {
      hasEnded = true
      permit = nil
      uploads.keep(track)
      if !publisher.flush(at: loop.now) { uploads.retry(self) }
      return exchange.respond(UploadResponses.published(204))
    }
    guard publisher.flush(at: loop.now) else { return uploads.retry(self) }
    end("the publisher has sent the end")
    exchange.respond(UploadResponses.published(204))
  }

  func failed(_ failure: BodyFailure) { end("the upload has ended: \(failure)") }

  /// Another publisher has replaced this one, or the stream was removed.
  func replace() {
    guard !hasEnded else { return }
    end("replaced by another publisher")
    exchange.respond(UploadResponses.refused(409, "replaced by another publisher"))
  }

  /// The bytes are no media.
  private func refuse(_ reason: String) {
    guard !hasEnded else { return }
    end(reason)
    exchange.respond(UploadResponses.refused(400, reason))
  }

  private func end(_ reason: String) {
    guard !hasEnded else { return }
    hasEnded = true
    rest = []
    permit = nil
    publisher.end(at: loop.now)
    log.write(.info, "publish-ended", stream: publisher.name, reason)
    if !publisher.flush(at: loop.now) { uploads.retry(self) }
  }
}
