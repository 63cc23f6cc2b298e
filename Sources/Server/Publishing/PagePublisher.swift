// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Ingest
import Logging
import Net
import Publishing
import Sharing
import Time

/// A publisher page over one WebSocket: its frames on their way to the source of a stream.
///
/// It outlasts the socket for ``PublisherLifecycle/idleTime``: the page may continue its publisher
/// over another one. Confined to the loop's thread; other threads only pass the reference on.
final class PagePublisher: WebSocketHandler, @unchecked Sendable {
  /// The time from the upgrade to `hello`.
  static let helloTime = Interval.seconds(5)
  /// The least interval between two requests for a key frame.
  private static let keyInterval = Interval.seconds(1)
  /// The control messages at once, and per second in the long run.
  private static let controlMessages = (burst: Int64(100), rate: Int64(30))

  /// The limits of the socket before the client may publish.
  static let limits: WebSocketLimits = {
    var limits = WebSocketLimits()
    limits.messageBytes = PageMessage.largest
    // 120 frames of video, 50 of audio, and acknowledgements that are not read.
    (limits.frameBurst, limits.frameRate) = (1000, 400)
    (limits.answerBytes, limits.waitingBytes) = (64 << 10, 1 << 20)
    return limits
  }()

  private let publishers: PagePublishers
  private let request: Request
  let streamName: String
  /// Nil before the upgrade, and after the end of the socket.
  var connection: WebSocketConnection?
  /// Its number among the connections of publishers.
  var number: UInt64 = 0
  private var session = PageSession()
  /// Nil before the permission is asked for, and after its end.
  private var publication: Publication?
  private var waiting = WaitingFrames()
  private var advice = PageRateAdvice()
  private let since: MonotonicTime
  private var control: RateAllowance
  private var acknowledgements = PageAcknowledgements()
  private var keyRequestedAt = MonotonicTime.distantPast
  /// The name by which the publisher continues; nil before `hello`, and if the client gave none.
  private var identity: String?
  /// Whether the client has sent its end.
  private var hasEnded = false

  init(_ request: Request, _ stream: String, _ publishers: PagePublishers) {
    self.request = request
    self.publishers = publishers
    streamName = stream
    since = publishers.loop.now
    control = RateAllowance(
      burst: Self.controlMessages.burst, rate: Self.controlMessages.rate, now: since)
  }

  /// Whether nothing is left to be done.
  var isOver: Bool { connection == nil && publication == nil }

  // MARK: Messages

  func received(_ text: String) {
    let arrival = SystemClock.wallTime
    guard control.take(now: now) else {
      publishers.registry.connections.count(.messageRate)
      return refuse(.rate("more than \(Self.controlMessages.rate) control messages per second"))
    }
    do throws(PageError) {
      try handle(try session.take(text), arrival)
    } catch { fault(error) }
  }

  func received(_ bytes: [UInt8]) {
    let arrival = SystemClock.wallTime
    do throws(PageError) {
      try handle(try session.take(bytes, now: arrival), arrival)
    } catch { fault(error) }
  }

  private func handle(_ event: PageSession.Event, _ arrival: WallTime) throws(PageError) {
    switch event {
    case .none: break
    case .hello(let credential): ask(credential)
    case .ping(let id, let clientTime):
      send(
        PageReply.pong(
          id: id, clientTime: clientTime, received: arrival, sent: SystemClock.wallTime))
    case .track(let track):
      send(PageReply.accepted(track))
      take(track.configuration.tag, isKey: false)
    case .media(let tag, let frame):
      let isVideo = session.isVideo(frame.group)
      acknowledgements.add(.init(group: frame.group, number: frame.number, received: arrival))
      publication?.hear(at: now)
      take(tag, isKey: isVideo && frame.isKey)
      if isVideo, let kilobits = advice.take(frame, at: arrival, waiting: waiting.count) {
        send(PageReply.rate(frame.group, kilobits: kilobits))
      }
      if isVideo, frame.isKey { acknowledge() } else { publishers.mustAcknowledge() }
    case .bye:
      hasEnded = true
      connection?.close(.normal)
    }
  }

  /// Asks for the permission to publish, after the search for a client on this machine.
  private func ask(_ credential: PageSession.Credential) {
    let isSearched = publishers.registry.access.search(for: request.peer, at: now) {
      [loop = publishers.loop] in
      loop.post { if self.connection != nil { self.enter(credential) } }
    }
    if !isSearched { enter(credential) }
  }

  private func enter(_ credential: PageSession.Credential) {
    switch publishers.admit(credential, request, to: streamName) {
    case nil:
      refuse(.key("this stream accepts no publishers"))
    case .failure(let refusal)?:
      publishers.log.write(
        .warning, "publish-refused", stream: streamName, "\(client): \(refusal)")
      refused(refusal)
    case .success(let stream)?:
      identity = credential.session
      let event = PublishEvent(streamName, .page, request.peer, request.certificate)
      let publication = Publication(
        event, identity: identity, over: self, publishers.registry, publishers.waiting,
        publishers.log)
      self.publication = publication
      publication.enter(.stream(stream))
    }
  }

  private func send(_ text: String) { connection?.send(WebSocketFrame.text(text)) }

  // MARK: Media

  private func take(_ tag: MediaTag, isKey: Bool) {
    let needsKey = waiting.add(tag, isKey: isKey)
    retry()
    if needsKey { requestKey() }
  }

  /// Gives the source what it takes.
  func retry() {
    while let tag = waiting.first {
      switch publication?.write(tag, at: now) {
      case .taken: waiting.removeFirst()
      case .full, nil: return
      case .replaced: return publishers.loop.later { self.replaced() }
      case .malformed(let reason): return refuse(.frame(reason))
      }
    }
  }

  private func requestKey() {
    guard let group = session.videoGroup, now - keyRequestedAt >= Self.keyInterval else { return }
    keyRequestedAt = now
    send(PageReply.key(group))
  }

  /// Acknowledges the newest frames, and asks to be called again while there are any.
  func acknowledge() {
    guard let frames = acknowledgements.due(at: SystemClock.wallTime, now: now) else { return }
    publishers.mustAcknowledge()
    for frame in frames {
      send(
        PageReply.ack(frame.group, frame.number, received: frame.received, waiting: waiting.count))
    }
  }

  /// Tells the page about its viewers.
  func tell(_ audience: String) { if session.state == .sending { send(audience) } }

  /// Messages to the page are few and small.
  func drained() {}

  // MARK: The end

  func closed() {
    connection = nil
    publishers.registry.connections.remove(number)
    guard let publication else { return publishers.forget(self) }
    if hasEnded || !publication.isAttached {
      end(hasEnded ? "the publisher has sent the end" : nil)
    } else {
      publishers.log.write(
        .info, "publish-lost", stream: streamName,
        "the connection of the publisher from \(request.peer.masked) is lost; it may continue for "
          + "\(PublisherLifecycle.idleTime.wholeSeconds) s")
    }
  }

  /// Ends a connection or a publication whose time is over.
  func check(_ now: MonotonicTime) {
    publication?.nameMissingMedia(at: now)
    if session.state == .new, connection != nil, now - since >= Self.helloTime {
      publishers.registry.connections.count(.timeout)
      refuse(.silent("no hello within \(Self.helloTime.wholeSeconds) s"))
    } else if let publication, publication.isAttached, publication.isIdle(at: now) {
      publishers.registry.connections.count(.timeout)
      end(PublisherLifecycle.silence)
      refuse(.silent("no frame within \(PublisherLifecycle.idleTime.wholeSeconds) s"))
    }
  }

  /// Closes the socket for a new connection, if nothing is published.
  func giveWay() {
    if publication?.isAttached != true { refuse(.rate("too many connections of publishers")) }
  }

  /// A violation of the protocol.
  private func fault(_ error: PageError) {
    publishers.registry.connections.count(.protocolError)
    publishers.log.write(
      .warning, "publish-fault", stream: publication?.streamName,
      "the page from \(request.peer.masked): \(error)")
    end("\(error)")
    refuse(error)
  }

  /// Tells the client why, and closes the socket.
  private func refuse(_ error: PageError) {
    let message: JSONObject = [
      "t": "error", "code": error.code, "msg": "\(error)", "fatal": true,
      "retry": error.retryMilliseconds,
    ]
    send(message.text)
    connection?.close(WebSocketCloseCode(application: error.closeCode), "\(error)")
  }

  private func end(_ reason: String?) {
    publication.take()?.end(reason)
    waiting = WaitingFrames()
    if connection == nil { publishers.forget(self) }
  }
}

extension PagePublisher: PublicationTransport {
  var now: MonotonicTime { publishers.loop.now }

  var execute: ThreadExecutor { { [weak loop = publishers.loop] in loop?.post($0) ?? $0() } }

  var client: String { "page from \(request.peer.masked)\(request.certificate.words)" }

  func begin() {
    // The socket may have ended while the hook decided.
    guard let connection, let publication else { return end(nil) }
    publishers.registry.connections.note(number, publishes: true)
    connection.permitMessages(ofBytes: PageFrame.largest)
    session.welcome()
    send(
      PageReply.welcome(
        now: SystemClock.wallTime, segment: publishers.segmentDuration(of: streamName),
        isContinued: publication.isContinued))
  }

  func refused(_ refusal: AccessRefusal) {
    publication = nil
    refuse(refusal == .taken ? .busy : .key("\(refusal)"))
    if connection == nil { publishers.forget(self) }
  }

  func unusable(_ reason: String) {
    publication = nil
    waiting = WaitingFrames()
    refuse(.unsupported(reason))
    if connection == nil { publishers.forget(self) }
  }

  func replaced() {
    guard publication != nil else { return }
    let isContinued = identity.map { publishers.registry.isPublished(streamName, by: $0) } ?? false
    end(isContinued ? nil : "replaced by another publisher")
    refuse(.replaced)
  }
}
