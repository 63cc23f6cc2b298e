// SPDX-License-Identifier: Apache-2.0

import Checked
import FoundationEssentials
import HTTP
import Media
import Metadata
import Packaging
import Streams
import Time

/// A request to send an event to all viewers of a stream: `POST /api/streams/S/events?time=T` with
/// a JSON text as its body.
struct EventRequest {
  /// How long before now the time of an event may be; the window must still have its frame.
  private static let past = Interval.seconds(60)
  /// How long after now the time of an event may be.
  private static let future = Interval.seconds(3600)
  /// How long after now a splice at once is.
  ///
  /// An encoder in another process must know the frame before it takes it, and the server tells it
  /// with its answer to the next message.
  private static let lead = Interval.milliseconds(150)

  /// The requested capture time; a splice at once in encoded video is raised ``lead`` later.
  let time: WallTime
  /// The JSON text.
  private let data: [UInt8]
  /// Its meanings for players: one, or those of a time_signal with several descriptors.
  let contents: [EventContent]
  /// Whether it is meant for the moment at which it arrives.
  private let isImmediate: Bool

  /// Reads a request.
  ///
  /// - Parameters:
  ///   - request: the head; `time` in its query is `now`, milliseconds since 1970, or a date of
  ///     RFC 3339 in UTC.
  ///   - body: the JSON text.
  ///   - now: the wall clock.
  /// - Throws: a refusal, with the reason for the client.
  init(_ request: Request, _ body: [UInt8], now: WallTime) throws(RequestRefusal) {
    let text = request.queryItems.first { $0.name == "time" }?.value
    guard let given = text == nil || text == "now" ? now : text.flatMap({ Self.time($0) }) else {
      throw .init(
        "invalid time (expected now, milliseconds since 1970, or a date such as "
          + "2026-01-31T12:00:00.250Z)")
    }
    try Self.check(given, now: now)
    guard body.count <= TimedEvent.largest else {
      throw .init(
        "the event is too large (expected at most \(TimedEvent.largest) bytes)", status: 413)
    }
    guard TimedEvent.isJSON(body) else {
      throw .init(
        "the body is not JSON (expected one value in UTF-8 of at most "
          + "\(JSONSyntax.deepest) levels)")
    }
    do throws(EventContentError) { contents = try EventContent.readAll(body) } catch {
      throw .init(error.description)
    }
    data = body
    isImmediate = text == nil || text == "now"
    // Cancellations are in front.
    guard case .splice(let cue)? = contents.last else {
      time = given
      return
    }
    // A splice_schedule states its time, and a cancellation has none.
    if text == nil, let date = cue.date {
      try Self.check(date, now: now)
      time = date
    } else {
      time = cue.isCancellation ? now : given
    }
  }

  /// Whether an event or a cue may be at a time: the window still has its frame, or it comes soon.
  static func isNear(_ time: WallTime, _ now: WallTime) -> Bool {
    time >= now - past && time <= now + future
  }

  private static func check(_ time: WallTime, now: WallTime) throws(RequestRefusal) {
    guard isNear(time, now) else {
      throw .init("the time is not within the last minute or the next hour")
    }
  }

  /// Adds the event to all video renditions of a stream.
  ///
  /// - Parameters:
  ///   - stream: the stream; nil if it does not run.
  ///   - now: the wall clock.
  /// - Returns: the event.
  /// - Throws: a refusal, with the reason for the client.
  func add(to stream: ServedStream?, now: WallTime) throws(RequestRefusal) -> TimedEvent {
    guard let stream else { throw Self.refusal(.notLive) }
    guard stream.source?.isRelayed != true else {
      throw .init("the stream is relayed (expected at its first server)", status: 409)
    }
    var added: TimedEvent?
    var refusal: EventRefusal?
    for content in contents {
      do throws(EventRefusal) {
        let event = try add(content, to: stream, now: now)
        added = added ?? event
      } catch {
        // A message that is repeated may have lacked some of its events.
        if refusal != .tooMany { refusal = error }
      }
    }
    guard let added, refusal != .tooMany else { throw Self.refusal(refusal ?? .notLive) }
    return added
  }

  private func add(
    _ content: EventContent, to stream: ServedStream, now: WallTime
  ) throws(EventRefusal) -> TimedEvent {
    // Passed-through video keeps its key frames, and the event its time.
    let isEncoded = stream.source?.configuration.passesThrough == false
    func frame(at time: WallTime) -> FramePosition? {
      stream.window.snapshot.frame(atOrAfter: time, stream.window.segmentation)
    }
    guard case .splice(let cue) = content, cue.isListed, cue.scheduled == nil else {
      let isCancellation = if case .splice(let cue) = content { cue.isCancellation } else { false }
      return try stream.events.add(
        at: isCancellation ? now : time, content.json ?? data, content, now: now)
    }
    let place = frame(at: isEncoded && isImmediate ? time + Self.lead : time)
    // A frame that is published cannot become a key frame: the event keeps its time.
    let key = isEncoded && place?.isPublished == false ? place : nil
    let event = try stream.events.add(
      at: key?.time ?? time, mediaTime: key?.mediaTime, content.json ?? data, content, now: now)
    guard let place else { return event }
    stream.source?.planSplice(place.index)
    if cue.returnsByItself, let length = cue.plannedDuration {
      if let end = frame(at: event.time + length) { stream.source?.planSplice(end.index) }
    }
    return event
  }

  private static func refusal(_ reason: EventRefusal) -> RequestRefusal {
    switch reason {
    case .notLive: .init("the stream is not live", status: 409)
    case .tooMany:
      .init(
        "too many events in the window (expected at most \(TimedEvent.maximumPerWindow))",
        status: 429)
    case .repeated: .init("the stream has this message of SCTE-35 already", status: 409)
    }
  }

  /// The time of a text: a number since 1970 in units of some microseconds (default milliseconds),
  /// or a date of RFC 3339 in UTC.
  static func time(_ text: String, microseconds unit: Double = 1000) -> WallTime? {
    if let number = Double(text), number.isFinite,
      let microseconds = Int64(exactly: (number * unit).rounded())  // bounded: floating
    {
      return .origin + .microseconds(microseconds)
    }
    for hasFraction in [true, false] {
      let style = Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)
      if let date = try? style.parse(text),
        // bounded: floating
        let microseconds = Int64(exactly: (date.timeIntervalSince1970 * 1_000_000).rounded())
      {
        return .origin + .microseconds(microseconds)
      }
    }
    return nil
  }
}
