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

  /// The capture time of the frame with which the event is raised.
  let time: WallTime
  /// The JSON text.
  let data: [UInt8]
  /// Its meaning for players.
  let content: EventContent

  /// Why a request is refused.
  struct Refusal: Error {
    let status: Int
    let reason: String
  }

  /// Reads a request.
  ///
  /// - Parameters:
  ///   - request: the head; `time` in its query is `now`, milliseconds since 1970, or a date of
  ///     RFC 3339 in UTC.
  ///   - body: the JSON text.
  ///   - now: the wall clock.
  /// - Throws: a refusal, with the reason for the client.
  init(_ request: Request, _ body: [UInt8], now: WallTime) throws(Refusal) {
    let text = request.queryItems.first { $0.name == "time" }?.value
    guard let given = text == nil || text == "now" ? now : text.flatMap(Self.time) else {
      throw Refusal(
        status: 400,
        reason: "invalid time (expected now, milliseconds since 1970, or a date such as "
          + "2026-01-31T12:00:00.250Z)")
    }
    try Self.check(given, now: now)
    guard body.count <= TimedEvent.largest else {
      throw Refusal(
        status: 413, reason: "the event is too large (expected at most \(TimedEvent.largest) bytes)"
      )
    }
    guard TimedEvent.isJSON(body) else {
      throw Refusal(
        status: 400,
        reason: "the body is not JSON (expected one value in UTF-8 of at most "
          + "\(JSONSyntax.deepest) levels)")
    }
    do throws(EventContentError) { content = try EventContent.read(body) } catch {
      throw Refusal(status: 400, reason: error.description)
    }
    // A splice_schedule states its time.
    if text == nil, case .splice(let cue) = content, let date = cue.date {
      try Self.check(date, now: now)
      time = date
    } else {
      time = given
    }
    data = content.json ?? body
  }

  private static func check(_ time: WallTime, now: WallTime) throws(Refusal) {
    guard time >= now - past, time <= now + future else {
      throw Refusal(
        status: 400, reason: "the time is not within the last minute or the next hour")
    }
  }

  /// Adds the event to all video renditions of a stream.
  ///
  /// - Parameters:
  ///   - stream: the stream; nil if it does not run.
  ///   - now: the wall clock.
  /// - Returns: the event.
  /// - Throws: a refusal, with the reason for the client.
  func add(to stream: ServedStream?, now: WallTime) throws(Refusal) -> TimedEvent {
    guard let stream else { throw Self.refusal(.notLive) }
    guard stream.source?.isRelayed != true else {
      throw Refusal(status: 409, reason: "the stream is relayed (expected at its first server)")
    }
    let frame = spliceFrame(of: stream)
    do throws(EventRefusal) {
      let event = try stream.events.add(
        at: frame?.time ?? time, mediaTime: frame?.mediaTime, data, content, now: now)
      if let frame { stream.source?.planSplice(frame.index) }
      return event
    } catch {
      throw Self.refusal(error)
    }
  }

  /// The frame at or after the time of a splice, which an encoded stream makes a key frame; nil if
  /// it is passed through, or the content is no splice or a plan of one.
  private func spliceFrame(of stream: ServedStream) -> ComingFrame? {
    guard case .splice(let cue) = content, cue.isListed, cue.scheduled == nil,
      stream.source?.configuration.passesThrough == false
    else { return nil }
    return stream.window.snapshot.comingFrame(atOrAfter: time, stream.window.segmentation)
  }

  private static func refusal(_ reason: EventRefusal) -> Refusal {
    switch reason {
    case .notLive: Refusal(status: 409, reason: "the stream is not live")
    case .tooMany:
      Refusal(
        status: 429,
        reason: "too many events in the window (expected at most \(TimedEvent.maximumPerWindow))")
    case .repeated:
      Refusal(status: 409, reason: "the stream has this message of SCTE-35 already")
    }
  }

  /// The time of a text: milliseconds since 1970, or a date of RFC 3339 in UTC.
  static func time(_ text: String) -> WallTime? {
    if let milliseconds = Double(text), milliseconds.isFinite,
      let microseconds = Int64(exactly: (milliseconds * 1000).rounded())
    {
      return .origin + .microseconds(microseconds)
    }
    return date(text)
  }

  /// The time of a date of RFC 3339 in UTC.
  static func date(_ text: String) -> WallTime? {
    for hasFraction in [true, false] {
      let style = Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)
      if let date = try? style.parse(text),
        let microseconds = Int64(exactly: (date.timeIntervalSince1970 * 1_000_000).rounded())
      {
        return .origin + .microseconds(microseconds)
      }
    }
    return nil
  }
}
