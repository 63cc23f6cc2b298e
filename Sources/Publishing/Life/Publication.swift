// SPDX-License-Identifier: Apache-2.0

import Access
package import Ingest
package import Logging
package import Time

/// One publication of a client: leads the client to its stream, and tells the source of its end.
///
/// The same for every transport. Confined to the thread of the connection; other threads only pass
/// the reference on.
package final class Publication: @unchecked Sendable {
  private let event: PublishEvent
  /// The track that the client sends; nil for all.
  private let track: PublishedTrack?
  /// The name by which another connection continues the publisher; nil if none can.
  private let identity: String?
  private let registry: PublisherRegistry
  private let queue: PublicationQueue
  private let log: Log
  /// Whether the client begins only when the connection of its former publisher is closed.
  private let waitsForFormer: Bool
  private var lifecycle: PublisherLifecycle
  /// Nil after the end.
  private var transport: (any PublicationTransport)?
  private let execute: ThreadExecutor
  private var permit: PublishPermit?
  private var media: (any BytePublisher)?
  /// Whether it continues the publisher of an earlier connection.
  package private(set) var isContinued = false

  /// A client that has not entered.
  ///
  /// - Parameters:
  ///   - event: the stream and the client.
  ///   - track: the track that the client sends; nil for all.
  ///   - identity: the name by which another connection continues the publisher; nil if none can.
  ///   - transport: its connection.
  ///   - waitsForFormer: whether the client begins only when its former publisher is closed.
  ///   - registry: the streams that accept publishers.
  ///   - queue: the publications of the thread that wait for their source.
  ///   - log: the log.
  package init(
    _ event: PublishEvent, track: PublishedTrack? = nil, identity: String? = nil,
    over transport: any PublicationTransport, waitsForFormer: Bool = false,
    _ registry: PublisherRegistry, _ queue: PublicationQueue,
    _ log: Log
  ) {
    self.event = event
    self.track = track
    self.identity = identity
    self.transport = transport
    self.waitsForFormer = waitsForFormer
    self.registry = registry
    self.queue = queue
    self.log = log
    execute = transport.execute
    lifecycle = PublisherLifecycle(at: transport.now)
  }

  // MARK: The way to the stream

  /// Asks the hook, and leads the client to its stream, which may be created.
  package func enter(_ admission: PublisherRegistry.Admission) {
    guard let now = transport?.now else { return }
    if case .stream(let stream) = admission {
      if let identity, let kept = stream.permit(of: identity) {
        permit = kept
        return attach(to: stream)
      }
      let isTaken =
        track.map { stream.isTaken($0, by: event.peer, at: now) } ?? stream.isTaken(at: now)
      guard !isTaken else { return refuse(.taken) }
      // The hook was asked for the body before.
      if let track, stream.isPaused(track, by: event.peer) { return attach(to: stream) }
    }
    registry.enter(admission, event, on: execute, answer: { self.entered($0) })
  }

  private func entered(_ result: Result<PublisherRegistry.Entrance, AccessRefusal>) {
    guard lifecycle.state == .entering else { return }
    switch result {
    case .success(let entrance):
      permit = entrance.permit
      attach(to: entrance.stream)
    case .failure(let refusal): refuse(refusal)
    }
  }

  private func refuse(_ refusal: AccessRefusal) {
    let transport = transport
    // The hook has logged its own reason.
    if refusal != .notPermitted, let transport {
      log.write(
        .warning, "publish-refused", stream: event.loggedStream,
        "\(transport.client)\(event.targetWords): \(refusal)")
    }
    end(nil)
    transport?.refused(refusal)
  }

  private func refuseMedia(_ reason: String) {
    guard lifecycle.isAttached, let media, let transport else { return }
    // The name of a stream that the client has created may be a key.
    log.write(
      .warning, "publish-refused", stream: event.target == nil ? media.name : nil,
      "\(transport.client)\(event.targetWords): \(reason)")
    end(nil)
    transport.unusable(reason)
  }

  private func attach(to stream: PublishedStream) {
    guard let now = transport?.now else { return }
    // The reference ends when the publication does.
    let publisher = Publisher(
      event.transport, words: event.clientWords, identity: identity,
      permit: identity == nil ? nil : permit,
      refuse: { [self] reason in execute { self.refuseMedia(reason) } }
    ) { [self] then in
      execute {
        if self.lifecycle.isAttached { self.transport?.replaced() }
        then()
      }
    }
    var former: Publisher?
    guard let media = media(of: stream, publisher, at: now, former: &former) else {
      return refuse(.taken)
    }
    self.media = media
    let waits = waitsForFormer && former != nil
    if lifecycle.attach(waits: waits) {
      former?.close()
      begin()
    } else {
      former?.close { [self] in execute { if self.lifecycle.formerClosed() { self.begin() } } }
    }
  }

  /// The media of the client; nil if another client publishes that may not be replaced.
  private func media(
    of stream: PublishedStream, _ publisher: Publisher, at now: MonotonicTime,
    former: inout Publisher?
  ) -> (any BytePublisher)? {
    if let track {
      return TrackPublisher(
        stream, track, publisher, from: event.peer, at: now, former: &former)
    }
    switch stream.attach(publisher, at: now) {
    case .attached(let replaced): former = replaced
    case .continued(let earlier): (former, isContinued) = (earlier, true)
    case .taken: return nil
    }
    return ContainerPublisher(stream, publisher)
  }

  private func begin() {
    guard let transport, let media else { return }
    lifecycle.begin(at: transport.now)
    if (media as? TrackPublisher)?.isContinued != true {
      let event: StaticString = isContinued ? "publish-continued" : "publish-started"
      log.write(.info, event, stream: media.name, transport.client)
    }
    transport.begin()
  }

  // MARK: Media

  /// Whether the stream is the client's.
  package var isAttached: Bool { lifecycle.isAttached }

  /// The name of the stream for a line about a refusal; nil if it may be a key.
  package var loggedName: String? { event.target == nil ? streamName : nil }

  /// The name of the stream while it is the client's.
  package var streamName: String? { isAttached ? media?.name : nil }

  /// Writes bytes of a container or a track; nil if the stream is not the client's.
  package func write(_ bytes: [UInt8], at now: MonotonicTime) -> PublisherWriting? {
    guard isAttached, let media else { return nil }
    return noted(media.write(bytes, at: now), at: now)
  }

  /// Writes a tag of a transport with tags; nil if the stream is not the client's.
  package func write(_ tag: MediaTag, at now: MonotonicTime) -> PublisherWriting? {
    guard isAttached, let media = media as? ContainerPublisher else { return nil }
    return noted(media.write(tag, at: now), at: now)
  }

  private func noted(_ writing: PublisherWriting, at now: MonotonicTime) -> PublisherWriting {
    switch writing {
    case .taken:
      lifecycle.hear(at: now)
      flush(at: now)
    case .full: queue.add(self, at: now)
    case .replaced, .malformed: break
    }
    return writing
  }

  /// Gives the source the rest of the media, now and later.
  ///
  /// - Returns: whether nothing is left.
  @discardableResult
  package func flush(at now: MonotonicTime) -> Bool {
    guard let media, !media.flush(at: now) else {
      if lifecycle.state == .draining { media = nil }
      lifecycle.drain()
      return true
    }
    queue.add(self, at: now)
    return false
  }
}

extension Publication {
  /// Tries to give the source the media that it did not take.
  func retry(at now: MonotonicTime) {
    if isAttached { transport?.retry() }
    flush(at: now)
  }

  /// Media has arrived that is not written yet.
  package func hear(at now: MonotonicTime) { lifecycle.hear(at: now) }

  /// Whether nothing has arrived for too long.
  package func isIdle(at now: MonotonicTime) -> Bool { lifecycle.isIdle(at: now) }

  /// Writes a line, once, if the client has sent no media for
  /// ``PublisherLifecycle/mediaLimit``.
  ///
  /// A text track may be silent for that long. Call it about once per second.
  package func nameMissingMedia(at now: MonotonicTime) {
    guard lifecycle.lacksMedia(at: now), let media else { return }
    let text = "\(event.clientWords): no media for \(PublisherLifecycle.mediaLimit.wholeSeconds) s"
    switch track {
    case nil, .video:
      log.write(
        .warning, "publisher-no-picture", stream: media.name,
        "\(text): no picture yet (expected H.264, HEVC, AV1 or VP9)")
    case .audio:
      log.write(
        .warning, "publisher-no-audio", stream: media.name,
        "\(text) of the audio track: no audio yet")
    case .text: break
    }
  }

  /// Notes the counters of the link of the client since the last call.
  func note(_ link: LinkStatistics) {
    if isAttached { (media as? ContainerPublisher)?.note(link) }
  }

  // MARK: The end

  /// Ends the publication; the source takes the rest.
  ///
  /// - Parameter reason: for the log; nil for no line.
  package func end(_ reason: String?) {
    guard let now = transport?.now else { return }
    transport = nil
    permit = nil
    guard lifecycle.end(), let media else { return }
    media.end(at: now)
    if let reason { log.write(.info, "publish-ended", stream: media.name, reason) }
    flush(at: now)
  }

  /// Ends a body of a track that another body may continue, which keeps the permission.
  ///
  /// - Returns: nil if no other body can continue it.
  package func pause() -> PausedTrack? {
    guard let now = transport?.now, isAttached, let paused = media?.pause(permit, at: now) else {
      return nil
    }
    transport = nil
    permit = nil
    _ = lifecycle.end()
    flush(at: now)
    return paused
  }
}
