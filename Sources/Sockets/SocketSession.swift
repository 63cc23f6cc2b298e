// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Net
import Sharing
import Statistics
import Switching
import Time

/// One client of `llws.v1`: takes its messages, and queues those for it.
///
/// A client that is more than 300 ms behind gets no media before the next key frame: it costs
/// neither memory nor the other clients' time. Confined to the loop's thread.
final class SocketSession: WebSocketHandler {
  /// A number for programs; without a meaning.
  let identifier: String
  let peer: PeerAddress
  let presence: ViewerPresence
  /// Its index in the sessions of the stream; -1 outside.
  var index = -1
  /// Sends the frames of the client.
  let sender = ViewerSender()
  /// Kept until the connection has ended, which may be after the removal of the stream.
  let sockets: StreamSockets
  private(set) var subscriptions: [Subscription] = []
  /// The media that the client wants.
  private(set) var state = ViewerState.idle
  /// Whether the client has sent `hello`.
  private(set) var isWelcome = false
  /// Whether the client has asked for the channels, and gets changes of them.
  private(set) var wantsChannels = false
  var automatic: AutomaticRendition
  /// The client's screen; nil if it is not known.
  private(set) var screen: ScreenSize?
  /// The frames that the client's decoder drops.
  var decoder = DroppedFrames()
  /// The rows of statistics about its media; nil if none are saved.
  var deliveries: SocketDeliveries?

  init(_ sockets: StreamSockets, _ request: Request, _ viewer: ViewerIdentity) {
    self.sockets = sockets
    peer = request.peer
    automatic = AutomaticRendition(now: sockets.now)
    let report = ViewerReport(
      // The upper half of the numbers is for viewers over HTTP.
      number: UInt64.random(in: 0..<1 << 63), stream: sockets.stream.name, peer: request.peer,
      userAgent: ViewerReport.shortened(request.header("user-agent")),
      since: SystemClock.wallTime, transport: .webSocket)
    identifier = report.identifier
    presence = ViewerPresence(sockets.shared, report, viewer)
  }

  /// The connection; nil before the upgrade and after the end.
  var connection: WebSocketConnection? { sender.connection }

  /// The subscription that the client asked for; nil if it wants none.
  var request: SubscriptionRequest? { state.request }

  // MARK: Messages of the client

  func received(_ text: String) {
    guard let message = ClientMessage(text) else {
      send(ServerMessage.error(.malformed))
      connection?.close(.invalidData, SocketError.malformed.text)
      return
    }
    let arrival = SystemClock.wallTime
    switch message.type {
    case "hello":
      screen = message.screen
      if let session = message.session { presence.name(session) }
      hello()
    case "list":
      let channels = sockets.tellChannels(also: self)
      wantsChannels = true
      send(channels)
    case "subscribe": subscribe(message)
    case "switch": choose(message)
    case "unsubscribe": unsubscribe()
    case "pause":
      state.pause(true)
      for subscription in subscriptions { subscription.state = .paused }
    case "resume":
      state.pause(false)
      for subscription in subscriptions where subscription.state == .paused {
        subscription.state = .starting
      }
    case "ping":
      send(
        ServerMessage.pong(
          id: message.id ?? 0, clientTime: message.clientTime ?? 0, received: arrival,
          sent: SystemClock.wallTime))
    case "stat": learn(message)
    case "key":
      for subscription in subscriptions where subscription.group.track == .video {
        sockets.requestKey(subscription.group.rendition.name)
      }
    case "bye": connection?.close(.normal)
    default: break
    }
  }

  func received(_ bytes: [UInt8]) {
    connection?.close(.unsupported, "clients send text only")
  }

  private func hello() {
    isWelcome = true
    send(
      ServerMessage.welcome(
        session: identifier, stream: sockets.stream.name,
        keepAlive: StreamSockets.limits.pingTime, now: SystemClock.wallTime))
    send(sockets.sourceMessage)
    for event in sockets.eventsAhead { send(essential: OutgoingFrame(header: event)) }
  }

  private func subscribe(_ message: ClientMessage) {
    do throws(SocketError) {
      guard message.channel == nil || message.channel == sockets.stream.name else {
        throw .unknownChannel
      }
      let wanted = try SubscriptionRequest(message)
      unsubscribe()
      if !wanted.tracks.isEmpty { try sockets.start(for: wanted, of: peer) }
      guard presence.join(wanted.sync, need: message.need, now: sockets.now) else {
        throw .unknownGroup
      }
      guard !wanted.tracks.isEmpty else {
        tellSync()
        return send(ServerMessage.subscribedToNothing(sockets.stream.name))
      }
      state.subscribe(wanted)
      sockets.begin(self)
      tellSync()
    } catch {
      send(ServerMessage.error(error))
    }
  }

  /// Ends the reception of media.
  private func unsubscribe() {
    leaveGroups()
    presence.leave()
    state = .idle
  }

  private func choose(_ message: ClientMessage) {
    guard request != nil else { return }
    if let audio = message.audio {
      chooseAudio(audio)
      // Without a rendition the video stays.
      if message.rendition == nil { return }
    }
    let name = message.rendition == "auto" ? nil : message.rendition
    guard name == nil || sockets.hasVideo(name) else {
      return send(ServerMessage.error(.unknownRendition))
    }
    state.choose(name)
    automatic = AutomaticRendition(now: sockets.now, index: highest)
  }

  /// Sets the audio rendition of the request.
  func setAudio(_ name: String) { state.choose(audio: name) }

  // MARK: Sync groups and figures

  private func learn(_ message: ClientMessage) {
    presence.learn(message, rendition: shownRendition, wantsMedia: request != nil, now: sockets.now)
    if let delay = message.figures.delay {
      if !subscriptions.isEmpty {
        sockets.count(delay: delay, .webSocket)
      } else if request == nil {
        sockets.count(delay: delay, presence.transportOverHTTP)
      }
    }
    tellSync()
    followDecoder(message)
  }

  /// Chooses a lower rendition if the decoder of the client cannot play this one.
  private func followDecoder(_ message: ClientMessage) {
    guard let request, request.rendition == nil, !subscriptions.isEmpty else { return }
    let isTrouble = decoder.isTrouble(
      dropped: message.figures.drops, shown: message.shown, isVisible: message.isVisible,
      now: sockets.now)
    if isTrouble { lower() }
  }

  /// Sends the target of the sync group if it has changed.
  private func tellSync() {
    if let message = presence.syncMessage(now: sockets.now) { send(message) }
  }

  /// The rendition of the video, or of the audio alone; nil if no media are sent.
  private var shownRendition: String? {
    (subscriptions.first { $0.group.track == .video } ?? subscriptions.first)?.group.rendition.name
  }

  /// Looks for a higher rendition and a new target of the sync group.
  func step(_ now: MonotonicTime) {
    raise(now)
    tellSync()
    if !subscriptions.isEmpty { presence.refresh(now) }
    deliveries?.look(measured, now)
  }

  // MARK: Groups

  /// Receives the tracks of its request from these groups, the video first.
  func join(_ groups: [BroadcastGroup], now: MonotonicTime) {
    guard let isRestart = state.join(), let request else { return }
    leaveGroups()
    guard !groups.isEmpty else {
      return send(ServerMessage.subscribedToNothing(sockets.stream.name))
    }
    limitAutomatic()
    let tracks = groups.map(\.track)
    let most = AudioSegmentation.maximumFramesPerChunk
    let isShort = groups.allSatisfy { $0.track == .video || $0.hasChunks(ofAtMost: most) }
    let target = Interval.milliseconds(!tracks.contains(.audio) ? 70 : isShort ? 180 : 250)
    presence.need(target, now: now)
    var keyTime: MediaTime?
    for group in groups {
      let subscription = Subscription(self, group)
      subscriptions.append(subscription)
      let startsLive = request.startsLive && !state.isPaused
      var start: BroadcastGroup.Start =
        startsLive ? isRestart ? .session : .newestKey : .nextKey
      if startsLive, let keyTime { start = .time(keyTime) }
      sockets.count(
        group.join(subscription, from: start, now: now) { description in
          isRestart
            ? ServerMessage.restarted(
              description, tracks: tracks, target: target,
              at: startsLive ? group.sessionSegment : group.newestSegment)
            : ServerMessage.subscribed(description, tracks: tracks, target: target)
        })
      if state.isPaused { subscription.state = .paused }
      keyTime = keyTime ?? group.time(of: isRestart ? .session : .newestKey)
    }
    presence.show(shownRendition, now: now)
    tellSync()
  }

  /// Whether another rendition than that of `subscription` is chosen, and has media.
  func canMove(_ subscription: Subscription) -> Bool {
    guard subscription.group.track == .video, let request else { return false }
    let name = videoName
    guard name != subscription.group.rendition.name else { return false }
    return sockets.group(name, request.format) != nil
  }

  /// Receives the chosen rendition in place of that of `subscription`, from segment `number` on.
  func move(_ subscription: Subscription, at number: Int64) {
    guard let request, let group = sockets.group(videoName, request.format) else { return }
    move(subscription, to: group, from: .segment(number)) { _ in number }
  }

  /// Receives `group` in place of that of `subscription`.
  ///
  /// `segment` is the segment of the group with which its media begin.
  func move(
    _ subscription: Subscription, to group: BroadcastGroup, from start: BroadcastGroup.Start,
    at segment: (BroadcastGroup) -> Int64
  ) {
    guard let request, let index = subscriptions.firstIndex(where: { $0 === subscription }) else {
      return
    }
    let reason: ServerMessage.SwitchReason =
      group.track == .audio || request.rendition == group.rendition.name ? .manual : .automatic
    subscription.group.leave(subscription)
    if case .waiting(let first?) = subscription.state {
      send(
        essential: OutgoingFrame(
          ServerMessage.skip(
            channel: subscription.group.channel, from: first, to: subscription.group.sequence)))
    }
    let next = Subscription(self, group)
    subscriptions[index] = next
    sockets.count(
      group.join(next, from: state.isPaused ? .nextKey : start, now: sockets.now) {
        ServerMessage.switching($0, reason, at: segment(group))
      })
    if state.isPaused { next.state = .paused }
    presence.show(shownRendition, now: sockets.now)
  }

  /// Leaves all groups, and waits for those of the next session of the stream.
  func restart() {
    state.restart(hadMedia: !subscriptions.isEmpty)
    leaveGroups()
    presence.pause()
  }

  private func leaveGroups() {
    for subscription in subscriptions { subscription.group.leave(subscription) }
    subscriptions = []
    deliveries?.left(presence.figures, measured, sockets.now)
  }

  func closed() {
    saveDeliveries()
    sender.connection = nil
    unsubscribe()
    sockets.remove(self)
  }
}
