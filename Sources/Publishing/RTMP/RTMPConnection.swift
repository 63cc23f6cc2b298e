// SPDX-License-Identifier: Apache-2.0

import Access
import Ingest
import Logging
import Net
import Sharing
import Time

/// One RTMP connection of a publisher.
///
/// Confined to the loop's thread; other threads only pass the reference on.
final class RTMPConnection: ByteStreamOwner, @unchecked Sendable {
  private enum State {
    case open
    /// Refused: the last bytes are being sent.
    case closing
    case closed
  }

  /// The time from the connection, or the end of publishing, to the next publishing.
  private static let startTime = Interval.seconds(10)
  private static let rejected = "NetStream.Publish.Rejected"
  /// The time for the client to take the last bytes.
  private static let closingTime = Interval.seconds(1)
  /// Unsent bytes above which a client that does not read is cut.
  private static let maximumQueued = 64 << 10

  let server: RTMPServer
  let stream: any ByteStream
  private var session = RTMPSession()
  private var state = State.open
  /// The publication of the client; nil before the permission is asked for, and after its end.
  private var publication: Publication?
  /// The number of requests to publish, and of their ends: tells whether one is still wanted.
  private var requests = 0
  /// When the connection or the closing began, or the last publication ended.
  private var since: MonotonicTime
  /// The tag that the source does not take yet, and the bytes after it.
  private var waiting: MediaTag?
  private var held: [UInt8] = []
  private var hasCheckedVideo = false
  /// Whether the client was asked to connect again.
  private(set) var isLeaving = false
  /// Its number among the connections of the registry.
  var number: UInt64 = 0
  private var allowance: RTMPAllowance

  init(_ stream: any ByteStream, _ server: RTMPServer) {
    self.stream = stream
    self.server = server
    since = server.loop.now
    allowance = RTMPAllowance(now: server.loop.now)
    stream.owner = self
  }

  var peer: PeerAddress { stream.peer }

  // MARK: Bytes

  func received(_ bytes: borrowing Span<UInt8>) {
    guard waiting == nil, held.isEmpty else {
      return unsafe bytes.withUnsafeBufferPointer { unsafe held.append(contentsOf: $0) }
    }
    process(bytes)
  }

  private func process(_ bytes: borrowing Span<UInt8>) {
    var offset = 0
    do throws(RTMPError) {
      while isOpen, waiting == nil, let event = try session.next(bytes, at: &offset) {
        handle(event)
      }
    } catch {
      return end(error.isEarly ? .early : .protocolError, "\(error)")
    }
    let counts = session.takeCounts()
    guard allowance.take(counts.all, control: counts.control, now: server.loop.now) else {
      return end(.messageRate, "too many messages (\(RTMPAllowance.limits))")
    }
    if waiting != nil, offset < bytes.count {
      unsafe bytes.extracting(offset..<bytes.count).withUnsafeBufferPointer {
        unsafe held.append(contentsOf: $0)
      }
    }
    sendOutput()
  }

  private var isOpen: Bool { state == .open }

  private var isPublishing: Bool { publication?.isAttached == true }

  private func sendOutput() {
    guard !session.output.isEmpty else { return }
    guard state != .closed else { return }
    let bytes = SharedBytes(session.output)
    session.output = []
    stream.write([ByteSlice(bytes)])
    // A client that does not read gets no more.
    if stream.queuedBytes > Self.maximumQueued { end(.fault) }
  }

  // MARK: Events

  private func handle(_ event: RTMPSession.Event) {
    switch event {
    case .publish(let target): ask(target)
    case .media(let tag): publish(tag)
    case .unpublish:
      requests += 1
      stopPublishing("the publisher has stopped")
      since = server.loop.now
    }
  }

  /// Asks for the permission to publish, after the search for a client on this machine.
  private func ask(_ target: PublisherPath) {
    requests += 1
    let number = requests
    let isSearched = server.registry.access.search(for: peer, at: now) { [execute] in
      execute {
        guard self.isOpen, self.requests == number else { return }
        self.enter(target)
      }
    }
    if !isSearched { enter(target) }
  }

  private func enter(_ target: PublisherPath) {
    do throws(AccessRefusal) {
      let admission = try server.registry.admit(
        target, from: peer, with: stream.certificate, at: now)
      let event = PublishEvent(
        admission.name, stream.isSecure ? .rtmps : .rtmp, peer, stream.certificate,
        to: server.registry.words(for: target, admission))
      let publication = Publication(
        event, over: self, waitsForFormer: true, server.registry, server.waiting, server.log)
      self.publication = publication
      publication.enter(admission)
    } catch { refuse("\(error)", to: server.registry.words(for: target)) }
  }

  private func publish(_ tag: MediaTag) {
    guard let publication, isPublishing else { return }
    if tag.kind == .video, !hasCheckedVideo,
      let head = FLVVideoTag.tracks(of: tag.payload)?.first(where: { $0.track == 0 })
    {
      hasCheckedVideo = true
      if case .other(let codec) = head.codec {
        return refuse(
          "\(codec) is not accepted (expected H.264, HEVC, AV1 or VP9)",
          code: Self.rejected)
      }
    }
    switch publication.write(tag, at: now) {
    case .taken, nil: break
    case .replaced, .malformed: end(.quietly)
    case .full: wait(tag)
    }
  }

  // MARK: Back-pressure

  /// Reads no more until the source has taken a tag.
  private func wait(_ tag: MediaTag) {
    waiting = tag
    // The bytes before the peer's FIN are read first.
    stream.noticesEnd = false
    stream.isReading = false
  }

  /// Gives the waiting tag to the source.
  func retry() {
    guard let tag = waiting.take() else { return }
    publish(tag)
    guard waiting == nil, isOpen else { return }
    let bytes = held
    held = []
    process(bytes.span)
    guard waiting == nil, isOpen else { return }
    stream.isReading = true
    stream.noticesEnd = true
  }

  // MARK: The end

  private enum Ending { case fault, quietly }

  func inputEnded() {
    stopPublishing("the publisher has closed the connection")
    end(.quietly)
  }

  func drained() {
    if state == .closing { stream.finishWriting() }
  }

  func failed() {
    stopPublishing("the connection of the publisher is lost")
    release()
  }

  /// Writes a line, tells the client that it may not publish, and closes the connection.
  private func refuse(
    _ reason: String, code: String = "NetStream.Publish.BadName", to target: String? = nil
  ) {
    server.log.write(
      .warning, "publish-refused", stream: publication?.loggedName,
      "\(client)\(target.map { " to \($0)" } ?? ""): \(reason)")
    turnAway(reason, code: code)
  }

  private func turnAway(_ reason: String, code: String = "NetStream.Publish.BadName") {
    stopPublishing(nil)
    session.refuse(reason, code: code)
    state = .closing
    since = now
    (waiting, held) = (nil, [])
    sendOutput()
    if state == .closing, stream.queuedBytes == 0 { stream.finishWriting() }
  }

  /// Closes the connection if its time is over.
  func check(_ now: MonotonicTime) {
    switch state {
    case .open where isPublishing:
      guard waiting == nil, let publication else { return }
      publication.nameMissingMedia(at: now)
      guard publication.isIdle(at: now) else { return }
      server.registry.connections.count(.timeout)
      stopPublishing(PublisherLifecycle.silence)
      end(.fault)
    case .open where now - since >= Self.startTime:
      end(.timeout, "nothing published within \(Self.startTime.wholeSeconds) s", .debug)
    case .closing where now - since >= Self.closingTime: end(.quietly)
    case .open, .closing, .closed: break
    }
  }

  /// Asks a publisher that understands it to connect again, since the program ends; closes a
  /// connection that does not publish yet.
  ///
  /// Its media is taken until it disconnects, since it continues up to a key frame.
  /// - Source: Enhanced RTMP v2, "Reconnect Request", message flow
  func askToReconnect() {
    guard isPublishing || !isOpen else { return close() }
    guard isPublishing, session.requestReconnect("the server ends or restarts")
    else { return }
    isLeaving = true
    server.log.write(
      .info, "reconnect-requested", stream: publication?.streamName,
      "asked the publisher from \(peer.masked) to connect again")
    sendOutput()
  }

  /// Closes the connection for a new one: there is room for no more, and nothing is published.
  func giveWay() {
    guard isOpen, !isPublishing else { return }
    server.log.write(
      .debug, "publish-fault", "RTMP of \(peer.masked): closed for a new connection")
    end(.fault)
  }

  /// Closes the connection: the program ends.
  func close() {
    stopPublishing(nil)
    end(.quietly)
  }

  private func stopPublishing(_ reason: String?) {
    guard let ending = publication.take() else { return }
    if ending.isAttached { server.registry.connections.note(number, publishes: false) }
    ending.end(reason)
  }

  /// Closes the connection because of the client.
  private func end(_ fault: PublisherFault, _ reason: String, _ level: Log.Level = .warning) {
    server.registry.connections.count(fault)
    server.log.write(level, "publish-fault", "RTMP of \(peer.masked): \(reason)")
    end(.fault)
  }

  private func end(_ ending: Ending) {
    stopPublishing("the connection of the publisher is closed")
    guard state != .closed else { return }
    switch ending {
    case .fault: stream.abort()
    case .quietly: stream.close()
    }
    release()
  }

  private func release() {
    guard state != .closed else { return }
    state = .closed
    (waiting, held) = (nil, [])
    server.remove(self)
  }
}

extension RTMPConnection: PublicationTransport {
  var now: MonotonicTime { server.loop.now }

  var execute: ThreadExecutor { { [loop = server.loop] in loop.post($0) } }

  var client: String {
    "\(stream.isSecure ? "RTMPS" : "RTMP") from \(peer.masked)\(stream.certificate.words)"
  }

  func begin() {
    server.registry.connections.note(number, publishes: true)
    hasCheckedVideo = false
    session.accept()
    sendOutput()
  }

  func refused(_ refusal: AccessRefusal) { if isOpen { turnAway("\(refusal)") } }

  func unusable(_ reason: String) { if isOpen { turnAway(reason, code: Self.rejected) } }

  func replaced() { if isOpen { refuse("replaced by another publisher") } }
}
