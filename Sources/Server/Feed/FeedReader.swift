// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import HTTP
import Media
import Net
import Packaging
import Sharing
import Streams
import Time

/// A response with the feed of a stream: what its windows have and get, as messages.
///
/// Only a few messages wait for a slow connection. The others stay in the windows; when these have
/// lost the next one, the response is aborted. Confined to one loop's thread.
final class FeedReader {
  /// Whether the response needs further messages.
  enum Progress { case reading, done }

  private struct Track {
    let window: WindowView
    var cursor: FeedCursor
    /// The hash of the newest sent header.
    var header: String?
    /// The events that were sent.
    var events = EventCursor()
  }

  /// The bytes that wait for the connection above which nothing is added.
  private static let queueLimit = 256 * 1024
  /// The interval of the state of the source.
  private static let statusInterval = Interval.milliseconds(500)

  private static let head = PreparedResponse(
    status: 200, fields: ResponseFields.fields("application/octet-stream", .noStore))

  private let exchange: any Exchange
  private let served: ServedStream
  private weak var loop: EventLoop?
  private var tracks: [Track]
  private var isCurrent = false
  private var statusDue = MonotonicTime.distantPast
  /// When ``advance(_:)`` is called next, if no window changes before.
  private(set) var nextDeadline = MonotonicTime.distantFuture
  private(set) var isGone = false

  /// Begins the response; nil if it is complete, as for HEAD and 412.
  ///
  /// - Parameters:
  ///   - exchange: the request.
  ///   - segment: the first segment; nil for the first listed one.
  ///   - served: the stream.
  ///   - session: its session.
  ///   - path: the servers from the first one to this one.
  ///   - loop: is woken when a slow connection takes more.
  init?(
    _ exchange: any Exchange, from segment: Int64?, of served: ServedStream,
    _ session: StreamSession, path: [String], loop: EventLoop
  ) {
    self.exchange = exchange
    self.served = served
    self.loop = loop
    tracks = served.renditions.map { rendition in
      let window = WindowView(rendition.window)
      return Track(
        window: window, cursor: FeedCursor(before: segment, in: window.snapshot), header: nil)
    }
    if exchange.answersCondition(of: Self.head) { return nil }
    exchange.begin(Self.head)
    guard exchange.request.method != .head else {
      exchange.end()
      return nil
    }
    let description = FeedDescription(session, path: path)
    write(.stream(version: FeedMessage.version, description.fields))
  }

  /// Sends what the windows have got, as far as the connection takes it.
  func advance(_ now: MonotonicTime) -> Progress {
    if isGone { return .done }
    if now >= statusDue { writeStatus(now) }
    nextDeadline = statusDue
    while exchange.queuedBytes <= Self.queueLimit {
      switch writeNext() {
      case .item: continue
      case .lost:
        exchange.abort()
        return .done
      case .end: return finish()
      }
    }
    exchange.whenTaken(backlog: 0) { [weak loop] in loop?.wake() }
    return .reading
  }

  /// Everything that the windows have is sent: the end follows if the stream has ended.
  private func finish() -> Progress {
    if !isCurrent {
      isCurrent = true
      write(.current)
    }
    guard tracks.allSatisfy({ $0.window.snapshot.state == .ended }) else { return .reading }
    write(.ended)
    exchange.end()
    return .done
  }

  /// Notes that the client has disconnected.
  func leave() { isGone = true }

  /// Aborts the response: the stream has another session, or was removed.
  func close() {
    guard !isGone else { return }
    isGone = true
    exchange.abort()
  }

  private enum Written { case item, end, lost }

  /// Sends the next item of the track that is behind the others.
  private func writeNext() -> Written {
    let order = tracks.indices.sorted { left, right in
      (tracks[left].cursor.segment, left) < (tracks[right].cursor.segment, right)
    }
    for index in order {
      let snapshot = tracks[index].window.snapshot
      // Before the chunks that carry them; the header precedes them.
      if tracks[index].header != nil { writeEvents(snapshot, of: index) }
      switch tracks[index].cursor.next(snapshot) {
      case .end: continue
      case .lost: return .lost
      case .item(.segment(let start, let gap)):
        writeHeaders(snapshot, of: index)
        write(.segment(number(index), start, gap: gap))
      case .item(.chunk(let chunk)):
        write(.chunk(ChunkMessage(chunk, track: number(index))))
        exchange.write(chunk.bytes)
      }
      return .item
    }
    return .end
  }

  /// Sends the headers of a track that are newer than the sent ones.
  private func writeHeaders(_ snapshot: WindowSnapshot, of index: Int) {
    for track in snapshot.tracks(after: tracks[index].header) {
      write(.track(number(index), TrackFields(track)))
      tracks[index].header = track.headerHash
    }
  }

  /// Sends the events of a track that are newer than the sent ones.
  private func writeEvents(_ snapshot: WindowSnapshot, of index: Int) {
    for event in tracks[index].events.takeNew(snapshot) {
      guard String(validating: event.data, as: UTF8.self) != nil else { continue }
      write(.event(number(index), event))
    }
  }

  private func writeStatus(_ now: MonotonicTime) {
    statusDue = now + Self.statusInterval
    let status = FeedStatus(
      isSourceOnline: served.measures.statistics().isSourceOnline,
      clockError: served.measures.clockError())
    write(.status(status.fields))
  }

  private func write(_ message: FeedMessage) { exchange.write(SharedBytes(message.bytes)) }

  private func number(_ index: Int) -> UInt8 { UInt8(clamping: index) }
}

/// The feeds of a stream on one loop.
///
/// Confined to the loop's thread.
struct FeedReaders {
  private var readers: [FeedReader] = []
  /// The earliest deadline of a reader.
  private(set) var nextDeadline = MonotonicTime.distantFuture

  /// The number of readers, including readers that have just disconnected.
  var count: Int { readers.count }

  /// Adds a reader.
  mutating func add(_ reader: FeedReader, now: MonotonicTime) {
    if reader.advance(now) == .reading { readers.append(reader) }
    schedule()
  }

  /// Sends the new messages of all readers.
  mutating func advance(_ now: MonotonicTime) {
    guard !readers.isEmpty else { return }
    readers.removeAll { $0.advance(now) == .done }
    schedule()
  }

  /// Sends the messages that are due.
  mutating func expire(_ now: MonotonicTime) {
    if nextDeadline <= now { advance(now) }
  }

  /// Aborts all responses.
  mutating func close() {
    for reader in readers { reader.close() }
    readers = []
    schedule()
  }

  private mutating func schedule() {
    nextDeadline = readers.reduce(.distantFuture) { min($0, $1.nextDeadline) }
  }
}
