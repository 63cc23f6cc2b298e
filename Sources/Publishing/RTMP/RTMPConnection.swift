// SPDX-License-Identifier: Apache-2.0

import Ingest
import Logging
import Net
import Sharing
import Time

/// One RTMP connection of a publisher.
///
/// Confined to the loop's thread; other threads only pass the reference on.
final class RTMPConnection: ByteStreamOwner, @unchecked Sendable {
  enum State {
    /// Handshake and commands, up to the permission to publish.
    case starting
    case publishing(PublishedStream, Publisher)
    /// Refused: the last bytes are being sent.
    case closing
    case closed
  }

  /// The time from the connection, or the end of publishing, to the next publishing.
  private static let startTime = Interval.seconds(10)
  /// The time without a tag after which a publisher is closed.
  private static let idleTime = Interval.seconds(10)
  /// The time for the client to take the last bytes.
  private static let closingTime = Interval.seconds(1)
  /// Unsent bytes above which a client that does not read is cut.
  private static let mostQueued = 64 << 10

  let server: RTMPServer
  let stream: any ByteStream
  private var session = RTMPSession()
  var state = State.starting
  /// When the state began, or the last tag arrived.
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
  /// While the client publishes.
  var permit: PublishPermit?

  init(_ stream: any ByteStream, _ server: RTMPServer) {
    self.stream = stream
    self.server = server
    since = server.loop.now
    allowance = RTMPAllowance(now: server.loop.now)
    stream.owner = self
  }

  var peer: PeerAddress { stream.peer }

  /// Whether a tag waits for the source.
  var isWaiting: Bool { waiting != nil }

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

  private var isOpen: Bool {
    switch state {
    case .starting, .publishing: true
    case .closing, .closed: false
    }
  }

  private func sendOutput() {
    guard !session.output.isEmpty else { return }
    if case .closed = state { return }
    let bytes = SharedBytes(session.output)
    session.output = []
    stream.write([ByteSlice(bytes)])
    // A client that does not read gets no more.
    if stream.queuedBytes > Self.mostQueued { end(.fault) }
  }

  // MARK: Events

  private func handle(_ event: RTMPSession.Event) {
    switch event {
    case .publish(let target): ask(target)
    case .media(let tag): publish(tag)
    case .unpublish:
      stopPublishing("the publisher has stopped")
      state = .starting
      since = server.loop.now
    }
  }

  /// The stream is the client's: the client may send.
  func begin(_ stream: PublishedStream, _ publisher: Publisher) {
    guard isOpen else { return }
    state = .publishing(stream, publisher)
    server.registry.connections.note(number, publishes: true)
    since = server.loop.now
    hasCheckedVideo = false
    session.accept()
    sendOutput()
    let transport = self.stream.isSecure ? "RTMPS" : "RTMP"
    server.log.write(
      .info, "publish-started", stream: stream.name, "\(transport) from \(peer.masked)")
  }

  private func publish(_ tag: MediaTag) {
    guard case .publishing(let published, let publisher) = state else { return }
    if tag.kind == .video, !hasCheckedVideo,
      let head = FLVVideoTag.tracks(of: tag.payload)?.first(where: { $0.track == 0 })
    {
      hasCheckedVideo = true
      if case .other(let codec) = head.codec {
        return refuse(
          "\(codec) is not accepted (expected H.264, HEVC or AV1)",
          code: "NetStream.Publish.Rejected")
      }
    }
    switch published.write(tag, by: publisher, at: server.loop.now) {
    case .taken: since = server.loop.now
    case .partly:
      since = server.loop.now
      server.flushLater(published)
    case .replaced: end(.quietly)
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
    server.connectionWaits()
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
    if case .closing = state { stream.finishWriting() }
  }

  func failed() {
    stopPublishing("the connection of the publisher is lost")
    release()
  }

  /// Another publisher has replaced this one, or the stream was removed.
  func replaced() {
    guard isOpen else { return }
    refuse("replaced by another publisher")
  }

  /// Tells the client that it may not publish, and closes the connection.
  func refuse(_ reason: String, code: String = "NetStream.Publish.BadName") {
    var name: String?
    if case .publishing(let published, _) = state { name = published.name }
    server.log.write(
      .warning, "publish-refused", stream: name, "a publisher from \(peer.masked): \(reason)")
    stopPublishing(nil)
    session.refuse(reason, code: code)
    state = .closing
    since = server.loop.now
    (waiting, held) = (nil, [])
    sendOutput()
    if case .closing = state, stream.queuedBytes == 0 { stream.finishWriting() }
  }

  /// Closes the connection if its time is over.
  func check(_ now: MonotonicTime) {
    switch state {
    case .starting where now - since >= Self.startTime:
      end(.timeout, "nothing published within \(Self.startTime.wholeSeconds) s", .debug)
    case .publishing where waiting == nil && now - since >= Self.idleTime:
      server.registry.connections.count(.timeout)
      stopPublishing("the publisher has sent nothing for \(Self.idleTime.wholeSeconds) s")
      end(.fault)
    case .closing where now - since >= Self.closingTime: end(.quietly)
    case .starting, .publishing, .closing, .closed: break
    }
  }

  /// Asks a publisher that understands it to connect again, since the program ends; closes a
  /// connection that does not publish yet.
  ///
  /// Its media is taken until it disconnects, since it continues up to a key frame.
  /// - Source: Enhanced RTMP v2, "Reconnect Request", message flow
  func askToReconnect() {
    if case .starting = state { return close() }
    guard case .publishing(let published, _) = state,
      session.requestReconnect("the server ends or restarts")
    else { return }
    isLeaving = true
    server.log.write(
      .info, "reconnect-requested", stream: published.name,
      "asked the publisher from \(peer.masked) to connect again")
    sendOutput()
  }

  /// Closes the connection for a new one: there is room for no more, and nothing is published.
  func giveWay() {
    guard case .starting = state else { return }
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
    permit = nil
    guard case .publishing(let published, let publisher) = state else { return }
    state = .starting
    server.registry.connections.note(number, publishes: false)
    if !published.detach(publisher, at: server.loop.now) { server.flushLater(published) }
    if let reason {
      server.log.write(.info, "publish-ended", stream: published.name, reason)
    }
  }

  /// Closes the connection because of the client.
  private func end(_ fault: PublisherFault, _ reason: String, _ level: Log.Level = .warning) {
    server.registry.connections.count(fault)
    server.log.write(level, "publish-fault", "RTMP of \(peer.masked): \(reason)")
    end(.fault)
  }

  private func end(_ ending: Ending) {
    stopPublishing("the connection of the publisher is closed")
    if case .closed = state { return }
    switch ending {
    case .fault: stream.abort()
    case .quietly: stream.close()
    }
    release()
  }

  private func release() {
    if case .closed = state { return }
    state = .closed
    (waiting, held) = (nil, [])
    server.remove(self)
  }
}
