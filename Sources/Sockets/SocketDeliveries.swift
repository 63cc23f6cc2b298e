// SPDX-License-Identifier: Apache-2.0

import Net
import Packaging
import Statistics
import Time

/// The segments that a viewer gets over a WebSocket, as rows of statistics: one for each segment of
/// a track.
///
/// A segment ends with its last chunk, with the first chunk of another one of its track, or with
/// the socket. Acknowledgements are looked for with each later chunk, and every 0.5 s. Confined to
/// the loop's thread.
struct SocketDeliveries {
  /// The connection of a viewer, as far as it is measured.
  struct Connection {
    /// nil if the connection has ended, or its transport does not tell.
    let state: TransmissionState?
    /// Bytes that the kernel has not taken.
    let queuedBytes: Int
  }

  private struct Segment {
    let position: MediaMessage.Position
    /// The number by which URLs name the segment.
    let printed: Int64
    /// The publication of the first chunk, and its delivery to the connection.
    let asked, begun: MonotonicTime
    /// The delivery of the newest chunk to the connection.
    var ended: MonotonicTime
    var bytes = 0
    var isCut = false
  }

  private struct Ended {
    let segment: Segment
    let report: CMCDReport?
    /// The number of bytes that the viewer has acknowledged when it has these.
    let end: UInt64
  }

  /// How long after its end a segment is followed.
  private static let longest = Interval.seconds(10)

  private let rows: SegmentRows
  private let stream: String
  private let viewer: UInt64
  private var open: [SubscriptionRequest.Track: Segment] = [:]
  /// Segments of which chunks were dropped before the first one was sent.
  private var incomplete: [SubscriptionRequest.Track: Int64] = [:]
  private var ended: [Ended] = []
  /// The newest state of the connection.
  private var newest: TransmissionState?
  /// The stalls that the player had reported when a segment ended last.
  private var stalls = 0.0

  /// Rows for a viewer of `stream`, of which there are none yet.
  init(_ rows: SegmentRows, stream: String, viewer: UInt64) {
    (self.rows, self.stream, self.viewer) = (rows, stream, viewer)
  }

  /// A chunk was given to the connection.
  ///
  /// - Parameters:
  ///   - position: the position of the chunk.
  ///   - count: its bytes.
  ///   - due: when it was published; later than `now` for a chunk of the past.
  ///   - now: the present time.
  ///   - names: the names of segments.
  ///   - figures: the newest figures of the player.
  ///   - connection: the connection, with the chunk.
  mutating func wrote(
    _ position: MediaMessage.Position, _ count: Int, due: MonotonicTime, now: MonotonicTime,
    _ names: MediaNames?, _ figures: PlayerFigures, _ connection: () -> Connection
  ) {
    if !ended.isEmpty { look(connection(), now) }
    if let before = open[position.track], !position.isInSegment(of: before.position) {
      end(position.track, figures, connection(), now)
    }
    var segment =
      open[position.track]
      ?? Segment(
        position: position, printed: names?.printed(position.segment) ?? position.segment,
        asked: min(due, now), begun: now, ended: now,
        isCut: incomplete[position.track] == position.segment)
    incomplete[position.track] = nil
    segment.ended = now
    // bounded: the bytes of a segment
    segment.bytes += count
    open[position.track] = segment
    if position.endsSegment { end(position.track, figures, connection(), now) }
  }

  /// A chunk was dropped.
  mutating func dropped(_ position: MediaMessage.Position) {
    if open[position.track]?.position.isInSegment(of: position) == true {
      open[position.track]?.isCut = true
    } else {
      incomplete[position.track] = position.segment
    }
  }

  /// The viewer gets other media from now on, or none.
  mutating func left(_ figures: PlayerFigures, _ connection: () -> Connection, _ now: MonotonicTime)
  {
    for track in Array(open.keys) { end(track, figures, connection(), now) }
    incomplete = [:]
  }

  /// Looks for acknowledgements.
  mutating func look(_ connection: () -> Connection, _ now: MonotonicTime) {
    if !ended.isEmpty { look(connection(), now) }
  }

  /// The socket has ended: the viewer does not get the rest of the open segments.
  mutating func close(_ figures: PlayerFigures, _ now: MonotonicTime) {
    for (track, segment) in open {
      var cut = segment
      cut.isCut = true
      open[track] = nil
      save(Ended(segment: cut, report: report(figures, cut), end: 0), acknowledged: nil, now)
    }
    for segment in ended { save(segment, acknowledged: nil, now) }
    ended = []
  }

  // MARK: Ends

  private mutating func end(
    _ track: SubscriptionRequest.Track, _ figures: PlayerFigures, _ connection: Connection,
    _ now: MonotonicTime
  ) {
    guard let segment = open.removeValue(forKey: track) else { return }
    let report = report(figures, segment)
    stalls = figures.stalls ?? stalls
    guard let state = connection.state else {
      return save(Ended(segment: segment, report: report, end: 0), acknowledged: nil, now)
    }
    newest = state
    // bounded: both buffers have limits
    let unacknowledged = UInt64(clamping: state.unacknowledged + connection.queuedBytes)
    // bounded: 2^64 bytes are never sent
    let end = state.acknowledged &+ unacknowledged
    ended.append(Ended(segment: segment, report: report, end: end))
  }

  private mutating func look(_ connection: Connection, _ now: MonotonicTime) {
    newest = connection.state ?? newest
    var awaiting: [Ended] = []
    for found in ended {
      let isAcknowledged = connection.state.map { $0.acknowledged >= found.end } ?? false
      if isAcknowledged || now - found.segment.ended > Self.longest {
        save(found, acknowledged: isAcknowledged ? now : nil, now)
      } else {
        awaiting.append(found)
      }
    }
    ended = awaiting
  }

  /// The figures of the player as CMCD; nil if it has reported none.
  private func report(_ figures: PlayerFigures, _ segment: Segment) -> CMCDReport? {
    guard figures.buffer ?? figures.delay ?? figures.rate ?? figures.stalls != nil else {
      return nil
    }
    var report = CMCDReport()
    report.bufferMilliseconds = figures.buffer
    report.latencyMilliseconds = figures.delay
    report.playbackRate = figures.rate
    report.starved = (figures.stalls ?? 0) > stalls
    report.startup = segment.position.isCatchUp
    return report
  }

  private func save(_ found: Ended, acknowledged: MonotonicTime?, _ now: MonotonicTime) {
    let segment = found.segment
    let row = SegmentRow(
      stream: stream, viewer: viewer, segment: segment.printed,
      rendition: segment.position.rendition, bytes: segment.bytes, asked: segment.asked,
      begun: segment.begun, ended: segment.ended, acknowledged: acknowledged,
      roundTrip: newest?.roundTrip, rate: newest?.deliveryRate, isCut: segment.isCut,
      report: found.report)
    rows.add(row, endsSegment: true, now: now)
  }
}
