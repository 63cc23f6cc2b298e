// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Ingest
import Net
import Publishing
import Time

/// The body of a request on its way to the source of a stream, with back-pressure.
///
/// Confined to the loop's thread.
final class MediaUpload: BodyReceiver {
  /// The largest piece that is given to the source at once.
  private static let pieceLimit = 64 * 1024

  private let exchange: any Exchange
  private let track: PublishedTrack?
  /// The stream; nil before the request for it.
  private weak var stream: PublishedStream?
  private unowned let uploads: MediaUploads
  /// Until the end of the upload.
  private var publication: Publication?
  /// Bytes that the source does not take yet.
  private var rest: [UInt8] = []
  /// Whether all bytes have arrived.
  private var isWhole = false
  /// Why the bytes are no media.
  private var fault: String?

  init(_ exchange: any Exchange, _ track: PublishedTrack?, _ uploads: MediaUploads) {
    self.exchange = exchange
    self.track = track
    self.uploads = uploads
  }

  /// Asks the hook, and takes the stream, which may be created.
  func enter(_ admission: PublisherRegistry.Admission) {
    let event = PublishEvent(
      admission.name, .http, exchange.request.peer, exchange.request.certificate)
    let publication = Publication(
      event, track: track, over: self, uploads.registry, uploads.waiting, uploads.log)
    self.publication = publication
    if case .stream(let stream) = admission { self.stream = stream }
    exchange.onGone = { [self] in end(nil) }
    publication.enter(admission)
  }

  // MARK: The body

  var isSparse: Bool { if case .text = track { true } else { false } }

  func received(_ bytes: borrowing Span<UInt8>) {
    guard publication != nil, fault == nil else { return }
    unsafe bytes.withUnsafeBufferPointer { unsafe rest.append(contentsOf: $0) }
    retry()
  }

  /// Gives bytes to the source, or waits until it takes some.
  func retry() {
    while !rest.isEmpty {
      let piece = rest.count <= Self.pieceLimit ? rest : Array(rest.prefix(Self.pieceLimit))
      switch publication?.write(piece, at: now) {
      case .taken: rest.removeFirst(piece.count)
      case .full: return exchange.isBodyPaused = true
      case .replaced: return uploads.loop.later { self.replaced() }
      case .malformed(let reason):
        (fault, rest) = (reason, [])
        return uploads.loop.later { self.refuse(reason) }
      case nil: return
      }
    }
    guard publication != nil else { return }
    if isWhole { ended() } else { exchange.isBodyPaused = false }
  }

  func ended() {
    guard let publication else { return }
    if let fault { return refuse(fault) }
    isWhole = true
    // The queue of publications tries again.
    guard rest.isEmpty else { return }
    if let track = publication.pause() {
      self.publication = nil
      uploads.keep(track)
      return exchange.respond(UploadResponses.published(204))
    }
    guard publication.flush(at: now) else { return }
    end("the publisher has sent the end")
    exchange.respond(UploadResponses.published(204))
  }

  func failed(_ failure: BodyFailure) { end("the upload has ended: \(failure)") }

  /// The bytes are no media.
  private func refuse(_ reason: String) {
    guard publication != nil else { return }
    end(reason)
    exchange.respond(UploadResponses.refused(400, reason))
  }

  private func end(_ reason: String?) {
    publication.take()?.end(reason)
    rest = []
  }

  /// Names a client that has sent no media yet; the limits of bodies end it.
  func checkMedia() { publication?.nameMissingMedia(at: now) }
}

extension MediaUpload: PublicationTransport {
  var now: MonotonicTime { uploads.loop.now }

  var execute: ThreadExecutor { { [weak loop = uploads.loop] in loop?.post($0) ?? $0() } }

  var client: String {
    "HTTP\(track.map { " (\($0.words))" } ?? "") from \(exchange.request.peer.masked)"
      + exchange.request.certificate.words
  }

  func begin() {
    exchange.onGone = nil
    uploads.awaitMedia(of: self)
    exchange.receiveBody(limit: .max, self)
  }

  func refused(_ refusal: AccessRefusal) {
    exchange.onGone = nil
    publication = nil
    guard refusal == .taken else { return exchange.respond(refusal.response(to: .publishing)) }
    if let track, stream?.hasNoNumber(for: track) == true {
      let most = TrackConfiguration.maximumAudioTracks
      return exchange.respond(
        UploadResponses.refused(409, "the stream has \(most) \(track.kind) tracks"))
    }
    let taken = track.map { "the track (\($0.words)) of the stream" } ?? "the stream"
    exchange.respond(UploadResponses.refused(409, "\(taken) has a publisher"))
  }

  func unusable(_ reason: String) {
    publication = nil
    rest = []
    exchange.respond(UploadResponses.refused(415, reason))
  }

  func replaced() {
    guard publication != nil else { return }
    end("replaced by another publisher")
    exchange.respond(UploadResponses.refused(409, "replaced by another publisher"))
  }
}

extension PublishedTrack {
  /// The kind of the track, and the name of audio or text.
  fileprivate var words: String { name.isEmpty || name == kind ? kind : "\(kind) \(name)" }
}
