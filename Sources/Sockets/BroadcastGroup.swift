// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Sharing
import Time

/// The viewers of one rendition in one format on one loop, who all get the same messages.
///
/// A group has a number, the channel of its messages. Each discontinuity period is a group of its
/// own: its media time has another relation to the wall clock, and its CMAF header may differ.
///
/// Confined to the loop's thread.
final class BroadcastGroup {
  /// Where the media of a new viewer begins.
  enum Start {
    /// With the newest key frame.
    case newestKey
    /// With the next key frame.
    case nextKey
    /// With the first media of the session of the stream, at most some segments ago.
    case session
    /// With the first chunk of a segment.
    case segment(Int64)
    /// With the chunk that contains this time.
    case time(MediaTime)
  }

  let rendition: SocketRendition
  let track: SubscriptionRequest.Track
  private let format: SubscriptionRequest.Format
  private let stream: String
  private let window: WindowView
  private let newNumber: () -> UInt16
  private(set) var channel: UInt16
  /// The number of the next message.
  private(set) var sequence: UInt32 = 0
  private(set) var period: DiscontinuityPeriod
  private(set) var snapshot: WindowSnapshot
  /// The media of `snapshot` from the newest key frame on; nil until a viewer asks for it.
  var newestMedia: (contents: [MessageContent], duration: Interval)?
  private var cursor: ChunkCursor
  private var members: [Subscription] = []

  /// A group without viewers; nil if the window has no media of its session yet: viewers have had
  /// that of the session before.
  init?(
    _ rendition: SocketRendition, _ format: SubscriptionRequest.Format, of stream: String,
    _ newNumber: @escaping () -> UInt16
  ) {
    let window = WindowView(rendition.window)
    let snapshot = window.snapshot
    guard snapshot.state != .starting, snapshot.hasBegun, let description = snapshot.track,
      let period = snapshot.open?.period ?? snapshot.segments.last?.period
    else { return nil }
    self.rendition = rendition
    self.format = format
    track = description.size == nil ? .audio : .video
    self.stream = stream
    self.window = window
    self.newNumber = newNumber
    self.period = period
    self.snapshot = snapshot
    channel = newNumber()
    cursor = ChunkCursor(atEndOf: snapshot)
  }

  /// The most complete segments that a viewer gets when a session of the stream begins.
  private static let mostOfSession = 2

  /// Whether the newest chunks have at most `count` frames each: the audio of a publisher of CMAF
  /// or of another server may have whole parts as chunks.
  func hasChunks(ofAtMost count: Int64) -> Bool {
    [snapshot.segments.last?.chunks, snapshot.open?.chunks]
      .allSatisfy { $0?.allSatisfy { $0.frames <= count } ?? true }
  }

  var isEmpty: Bool { members.isEmpty }

  /// Whether the window has ended.
  var hasEnded: Bool { snapshot.state == .ended }

  // MARK: Viewers

  /// Adds a viewer, which gets the CMAF header and the media from `start` on.
  ///
  /// A viewer that is late already gets none of the media of the past, and continues with the next
  /// key frame.
  ///
  /// - Parameters:
  ///   - member: the viewer.
  ///   - start: where its media begins.
  ///   - now: the present time.
  ///   - announcement: the message about this group.
  /// - Returns: the number of messages.
  func join(
    _ member: Subscription, from start: Start, now: MonotonicTime,
    _ announcement: (ServerMessage.Group) -> SharedBytes
  ) -> Int {
    let count = publish(now)
    guard let header else { return count }
    member.session.send(essential: OutgoingFrame(announcement(description)))
    member.session.send(essential: OutgoingFrame(header: header))
    let backlog = backlog(from: start)
    // A message of the backlog is due as much later as the backlog is long.
    let due = now + min(duration(backlog), .seconds(4))
    let contents = backlog.flatMap { self.contents($0) }
    member.index = members.count
    members.append(member)
    guard !contents.isEmpty else {
      member.state = .starting
      return count
    }
    // bounded: the numbers wrap around
    let first = sequence &- UInt32(truncatingIfNeeded: contents.count)
    guard !member.session.sender.isLate(now) else {
      member.state = .waiting(from: first)
      return count
    }
    return count + send(contents[...], from: first, to: member, due: due, now: now)
  }

  /// Sends media of the past to a viewer, which receives from then on.
  ///
  /// - Returns: the number of messages.
  func send(
    _ contents: ArraySlice<MessageContent>, from first: UInt32, to member: Subscription,
    due: MonotonicTime, now: MonotonicTime
  ) -> Int {
    member.state = .receiving
    var sent = 0
    for content in contents {
      // bounded: the numbers wrap around
      let number = first &+ UInt32(truncatingIfNeeded: sent)
      member.session.send(message(content, number, .catchUp), due: due, now: now)
      // A delta frame is of no use after a frame that was dropped.
      guard member.state == .receiving else { break }
      sent += 1
    }
    return sent
  }

  func duration(_ chunks: [PlacedChunk]) -> Interval {
    let ticks = chunks.reduce(Int64(0)) { $0.addingSaturated($1.chunk.duration) }
    return Interval(ticks: ticks, timescale: Int64(rendition.window.segmentation.timescale))
  }

  /// Removes a viewer.
  func leave(_ member: Subscription) {
    let index = member.index
    guard members.indices.contains(index), members[index] === member else { return }
    members.swapAt(index, members.count - 1)
    members[index].index = index
    members.removeLast()
    member.index = -1
  }

  /// The published chunks of the period from `start` on.
  ///
  /// Chunks of another period belong to another group: they need its CMAF header and its epoch.
  func backlog(from start: Start) -> [PlacedChunk] {
    published(from: start).filter { $0.period == period }
  }

  private func published(from start: Start) -> [PlacedChunk] {
    switch start {
    case .nextKey: return []
    case .newestKey:
      var first = ChunkCursor(beforeNewestKeyOf: snapshot)
      return first?.advance(snapshot) ?? []
    case .session:
      var first = ChunkCursor(before: sessionSegment)
      return first.advance(snapshot)
    case .segment(let number):
      var first = ChunkCursor(before: number)
      return first.advance(snapshot)
    case .time(let time):
      var first = ChunkCursor(before: snapshot.segments.suffix(3).first?.number ?? .min)
      let segmentation = rendition.window.segmentation
      // Copied audio may be up to a frame later than its position, in each track another time: the
      // first chunk begins a frame before `time`.
      return first.advance(snapshot).filter {
        segmentation.frameTime(of: $0.chunk.lastFrame + 2) > time
      }
    }
  }

  /// The number of the newest segment.
  var newestSegment: Int64 { snapshot.open?.number ?? snapshot.segments.last?.number ?? 0 }

  /// The media time at which the newest chunk that was sent ends; nil if there is none.
  var end: MediaTime? {
    let newest = snapshot.open?.chunks.last ?? snapshot.segments.last?.chunks.last
    // bounded: the index of a published frame
    return newest.map { rendition.window.segmentation.frameTime(of: $0.lastFrame + 1) }
  }

  /// The number of the segment with the newest key frame.
  var newestKeySegment: Int64 {
    var first = ChunkCursor(beforeNewestKeyOf: snapshot)
    return first?.advance(snapshot).first?.segment ?? newestSegment
  }

  /// The number of the segment with which the media of the session begins, without prefill; of a
  /// longer one, of the newest segments.
  ///
  /// Its media may exist for a second before a viewer can join, as while the audio begins.
  var sessionSegment: Int64 {
    snapshot.segments.suffix(Self.mostOfSession)
      .first { $0.number > snapshot.publishedBefore ?? .min && !$0.isPrefill && !$0.isGap }?.number
      ?? newestSegment
  }

  /// The media time of the first frame from `start` on.
  func time(of start: Start) -> MediaTime? {
    backlog(from: start).first.map {
      rendition.window.segmentation.frameTime(of: $0.chunk.frameIndex)
    }
  }

  // MARK: Publication

  /// Sends the new chunks of the window to the viewers.
  ///
  /// - Returns: the number of messages.
  func publish(_ now: MonotonicTime) -> Int {
    let newest = window.snapshot
    guard newest !== snapshot else { return 0 }
    snapshot = newest
    newestMedia = nil
    var count = 0
    var leaving: [(member: Subscription, segment: Int64)] = []
    for placed in cursor.advance(newest) {
      if placed.period != period { renew(placed) }
      if placed.isFirst {
        leaving += takeMoving().map { ($0, placed.segment) }
      }
      guard !members.isEmpty else { continue }
      count += deliver(contents(placed), now)
    }
    for (member, segment) in leaving { member.session.move(member, at: segment) }
    for member in members where member.isWaiting {
      count += member.session.resume(member, now: now)
    }
    return count
  }

  // MARK: Other renditions

  /// Moves the viewers to other renditions, because this one has no new media.
  ///
  /// The other rendition begins with the first segment that the viewers do not have whole.
  func leadAway() {
    let moving = takeMoving()
    guard !moving.isEmpty else { return }
    let complete = snapshot.segments.last { !$0.isGap }?.number
    // bounded: the number of a published segment
    let number = snapshot.open?.number ?? complete.map { $0 + 1 } ?? newestSegment
    for member in moving { member.session.move(member, at: number) }
  }

  private func deliver(_ contents: [MessageContent], _ now: MonotonicTime) -> Int {
    var count = 0
    for content in contents {
      let message = message(content, sequence, [])
      // bounded: the numbers wrap around
      sequence &+= 1
      for member in members { member.deliver(message, now: now) }
      count += members.count
    }
    return count
  }

  /// Removes the viewers that have chosen another rendition.
  private func takeMoving() -> [Subscription] {
    let moving = members.filter { $0.session.canMove($0) }
    for member in moving { leave(member) }
    return moving
  }

  /// Begins a group for another discontinuity period, with the same viewers.
  private func renew(_ placed: PlacedChunk) {
    period = placed.period
    channel = newNumber()
    sequence = 0
    guard let header else { return }
    let announcement = ServerMessage.switching(description, .source, at: placed.segment)
    for member in members {
      member.session.send(essential: OutgoingFrame(announcement))
      member.session.send(essential: OutgoingFrame(header: header))
      if case .waiting = member.state { member.state = .waiting(from: nil) }
    }
  }

  /// The media of the messages for a chunk.
  func contents(_ placed: PlacedChunk) -> [MessageContent] {
    var flags: MediaMessage.Flags = []
    if placed.chunk.isIndependent { flags.insert(.key) }
    if placed.startsDiscontinuity { flags.insert(.discontinuity) }
    if placed.isLast { flags.insert(.last) }
    var contents: [MessageContent] =
      switch format {
      case .chunks: [MessageContent(placed.chunk, of: track, flags)]
      case .samples:
        MessageContent.samples(
          of: placed.chunk, flags, timescale: rendition.window.segmentation.timescale,
          offset: placed.period.offset)
      }
    for index in contents.indices { contents[index].segment = placed.segment }
    return contents
  }

  private func message(
    _ content: MessageContent, _ sequence: UInt32, _ more: MediaMessage.Flags
  ) -> MediaMessage {
    var message = MediaMessage(
      content.kind, content.flags.union(more), channel: channel, sequence: sequence,
      published: content.published, sample: content.sample, content.payload)
    message.position = MediaMessage.Position(
      track: track, rendition: rendition.name, segment: content.segment,
      endsSegment: content.flags.contains(.last), isCatchUp: more.contains(.catchUp))
    return message
  }

  /// The CMAF header, with the number of the next message.
  private var header: MediaMessage? {
    snapshot.track(of: period).map {
      MediaMessage(
        .header, [], channel: channel, sequence: sequence, published: SystemClock.wallTime,
        $0.header)
    }
  }

  private var description: ServerMessage.Group {
    let codecs = snapshot.track(of: period)?.codecs ?? ""
    return ServerMessage.Group(
      channel: channel, stream: stream, rendition: rendition.name, track: track,
      mimeType: "\(track == .video ? "video" : "audio")/mp4; codecs=\"\(codecs)\"",
      timescale: rendition.window.segmentation.timescale,
      frameTicks: rendition.window.segmentation.ticksPerFrame, epoch: period.offset)
  }
}
