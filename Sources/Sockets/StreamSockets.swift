// SPDX-License-Identifier: Apache-2.0

package import Access
package import HTTP
import Media
package import Net
import Packaging
package import Sharing
package import Statistics
import Streams
package import Time

/// The WebSockets of one stream on one loop, and the groups of their viewers.
///
/// A socket stays open while the stream starts, restarts or has lost its source. Confined to the
/// loop's thread.
package final class StreamSockets {
  static let limits = WebSocketLimits()
  /// The protocols of this server, the best first.
  package static let protocols = ["llws.v1"]
  /// The interval between two looks at the source.
  private static let sourceInterval = Interval.milliseconds(500)

  private(set) var stream: SocketStream { didSet { chooseRows() } }
  private unowned let loop: EventLoop
  private let counters: Locked<ServerCounters>
  private let allRows: SegmentRows?
  /// The rows of statistics; nil if the stream saves none.
  ///
  /// Stored, since each delivery reads it.
  private(set) var rows: SegmentRows?
  let shared: SocketsOfAllLoops
  /// Starts a stream on demand for a client, and keeps it running.
  private let use: (PeerAddress) -> AccessRefusal?
  private var sessions: [SocketSession] = []
  /// The groups with viewers.
  private var groups: [GroupKey: BroadcastGroup] = [:]
  private var source = SourceReport()
  private var nextLook = MonotonicTime.distantFuture
  private var events: StreamEvents?
  /// The names of the renditions without new media.
  private(set) var missing: [String] = []
  /// The newest message about the channels that was sent to all clients.
  private var channels: [UInt8] = []

  /// The viewers with the same rendition and format get the same messages.
  private struct GroupKey: Hashable {
    let rendition: String
    let format: SubscriptionRequest.Format
  }

  package init(
    _ stream: SocketStream, loop: EventLoop, counters: Locked<ServerCounters>,
    shared: SocketsOfAllLoops, rows: SegmentRows? = nil,
    use: @escaping (PeerAddress) -> AccessRefusal?
  ) {
    self.stream = stream
    self.loop = loop
    self.counters = counters
    self.shared = shared
    allRows = rows
    self.use = use
    chooseRows()
  }

  private func chooseRows() {
    rows = stream.media?.savesStatistics == true ? allRows : nil
  }

  var now: MonotonicTime { loop.now }

  /// Whether a client receives media, or waits for it.
  package var isInUse: Bool { sessions.contains { $0.request != nil } }

  // MARK: Sessions

  /// Upgrades a request whose handshake is valid.
  ///
  /// - Parameters:
  ///   - exchange: the request.
  ///   - fields: those of the response.
  ///   - tokenOwner: the viewer that its token names; nil without one.
  /// - Returns: false if the connection cannot become a WebSocket: other requests are open.
  package func open(
    _ exchange: any Exchange, _ fields: [HeaderField], tokenOwner: String? = nil
  ) -> Bool {
    let session = SocketSession(
      self, exchange.request,
      ViewerIdentity(exchange.request, tokenOwner: tokenOwner, on: stream.name))
    guard let connection = exchange.upgrade(fields, Self.limits, to: session) else { return false }
    session.sender.connection = connection
    session.index = sessions.count
    sessions.append(session)
    if sessions.count == 1 {
      source = SourceReport(stream, after: source)
      nextLook = now + Self.sourceInterval
      events = stream.window.map { StreamEvents($0) }
      missing = stream.media?.missingNames(now: now) ?? []
    }
    counters.withLock { counters in
      counters.sockets.open += 1
      if counters.sockets.streams[stream.name] == nil {
        counters.sockets.streams[stream.name] = .init()
      }
    }
    return true
  }

  /// Forgets a session, whose connection has ended.
  func remove(_ session: SocketSession) {
    let index = session.index
    guard sessions.indices.contains(index), sessions[index] === session else { return }
    sessions.swapAt(index, sessions.count - 1)
    sessions[index].index = index
    sessions.removeLast()
    session.index = -1
    counters.withLock { $0.sockets.open -= 1 }
    guard sessions.isEmpty else { return }
    // Without viewers, nothing replaces the snapshots that these keep.
    groups = [:]
    events = nil
    countQueues()
  }

  /// Starts the stream for a client if it is on demand.
  ///
  /// - Throws: the reason why the client cannot get what it asks for.
  func start(for request: SubscriptionRequest, of client: PeerAddress) throws(SocketError) {
    if let refusal = use(client) { throw .busy("\(refusal)") }
    if stream.hasFailed { throw .cannotStart }
    if stream.media != nil, let name = request.rendition, !hasVideo(name) {
      throw .unknownRendition
    }
  }

  /// Adds a session to the groups of its request if the stream has media.
  func begin(_ session: SocketSession) {
    guard session.state.isPending, let request = session.request, let media = stream.media else {
      return
    }
    var names: [String] = []
    if request.tracks.contains(.video) { names.append(session.videoName) }
    if request.tracks.contains(.audio), stream.renditions.contains(where: \.isAudio) {
      guard let audio = audioName(request.audio) ?? media.defaultAudioName else { return }
      names.append(audio)
    }
    var joined: [BroadcastGroup] = []
    for name in names {
      guard let group = group(name, request.format) else { return }
      joined.append(group)
    }
    session.join(joined, now: now)
  }

  // MARK: Renditions

  /// The group of a rendition; nil if the rendition has no media.
  func group(_ name: String, _ format: SubscriptionRequest.Format) -> BroadcastGroup? {
    let key = GroupKey(rendition: name, format: format)
    if let group = groups[key] { return group }
    guard let rendition = stream.renditions.first(where: { $0.name == name }) else {
      return nil
    }
    groups[key] = BroadcastGroup(rendition, format, of: stream.name) { [shared] in
      shared.newChannel()
    }
    return groups[key]
  }

  // MARK: Changes, publication, deadlines

  /// Applies a change of the stream's entry.
  package func follow(_ stream: SocketStream) {
    let isOther = self.stream.media !== stream.media
    self.stream = stream
    guard !sessions.isEmpty else { return groups = [:] }
    if isOther {
      groups = [:]
      missing = []
      events = stream.window.map { StreamEvents($0) }
      for session in sessions { session.restart() }
    }
    tellChannels()
    lookAtSource()
    if isOther { for session in sessions where session.state.isPending { begin(session) } }
  }

  /// Sends the stream and its renditions to the clients that have asked for them, if they changed.
  private func tellChannels() {
    guard sessions.contains(where: \.wantsChannels) else { return channels = [] }
    let frame = ServerMessage.channels(stream, missing: missing)
    let bytes = frame.array
    guard bytes != channels else { return }
    channels = bytes
    for session in sessions where session.wantsChannels { session.send(frame) }
  }

  /// The message about the channels for a client that asks for them now.
  ///
  /// The other clients get it first if it has changed.
  func tellChannels(also session: SocketSession) -> SharedBytes {
    tellChannels()
    let frame = ServerMessage.channels(stream, missing: missing)
    if !session.wantsChannels { channels = frame.array }
    return frame
  }

  /// Sends the new chunks of the windows.
  package func woken() {
    guard !sessions.isEmpty else { return }
    for event in events?.takeNew() ?? [] {
      for session in sessions where session.isWelcome {
        session.send(essential: OutgoingFrame(header: event))
      }
    }
    lookForMissing()
    for (key, group) in groups {
      if group.isEmpty { groups[key] = nil } else { count(group.publish(now)) }
    }
    for group in groups.values where missing.contains(group.rendition.name) {
      group.leadAway()
    }
    for session in sessions where session.state.isPending { begin(session) }
    if source.state != .ended, groups.values.contains(where: \.hasEnded) { lookAtSource() }
  }

  /// The next look at the source.
  package var nextDeadline: MonotonicTime { sessions.isEmpty ? .distantFuture : nextLook }

  /// Looks at the source.
  package func expire(_ now: MonotonicTime) {
    guard nextDeadline <= now else { return }
    nextLook = now + Self.sourceInterval
    lookAtSource()
    // A rendition has no header while its encoder starts.
    tellChannels()
    for session in sessions { session.step(now) }
    countQueues()
  }

  /// The loop ends: statistics are saved.
  package func stopped() { for session in sessions { session.saveDeliveries() } }

  /// The stream was removed: its sockets are closed.
  package func close() {
    groups = [:]
    for session in sessions {
      session.restart()
      session.send(ServerMessage.source(.ended, since: SystemClock.wallTime))
      session.connection?.close(.goingAway, "the stream was removed")
    }
    counters.withLock { $0.sockets.streams[stream.name] = nil }
  }

  /// Another server continues the stream: pages open their sockets there.
  package func leave() { end("another server continues the stream") }

  /// Closes the sockets of a stream that goes on, for a reason that their clients get.
  package func end(_ reason: String) {
    for session in sessions { session.connection?.close(.goingAway, reason) }
  }

  // MARK: Events

  /// The events that a new client may still raise.
  var eventsAhead: [MediaMessage] { events?.ahead(SystemClock.wallTime) ?? [] }

  // MARK: Missing renditions

  /// Looks for renditions without new media, and tells the clients of a change.
  private func lookForMissing() {
    let newest = stream.media?.missingNames(now: now) ?? []
    guard newest != missing else { return }
    missing = newest
    tellChannels()
  }

  // MARK: The source

  /// The message about the state of the source.
  var sourceMessage: SharedBytes { source.message }

  /// Tells all clients of a change of the source.
  private func lookAtSource() {
    let newest = SourceReport(stream, after: source)
    guard newest.isNews(after: source) else { return }
    source = newest
    for session in sessions where session.isWelcome { session.send(sourceMessage) }
  }

  // MARK: Counters

  /// Counts sent chunks.
  func count(_ sent: Int) {
    guard sent > 0 else { return }
    counters.withLock { $0.sockets.chunks += UInt64(sent) }
  }

  /// Counts the delay that a player reports, in milliseconds.
  func count(delay: Double, _ transport: ViewerTransport) {
    counters.withLock { $0.delays.observe(delay, transport) }
  }

  /// Counts a change of an automatic rendition.
  func countSwitch(isUp: Bool) {
    counters.withLock { $0.delays.countSwitch(isUp: isUp) }
  }

  /// Counts a viewer that was too slow.
  func countSkip() {
    counters.withLock { $0.sockets.streams[stream.name]?.skips += 1 }
  }

  private func countQueues() {
    let bytes = sessions.reduce(0) { $0 + $1.sender.queuedBytes }
    counters.withLock { $0.sockets.streams[stream.name]?.queuedBytes = bytes }
  }
}
