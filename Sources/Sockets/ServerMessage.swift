// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Media
import Packaging
import Sharing
import Streams
import Time

/// The control messages of the server, as whole frames.
enum ServerMessage {
  /// A group, as its viewers learn of it.
  struct Group {
    let channel: UInt16
    let stream: String
    let rendition: String
    let track: SubscriptionRequest.Track
    let mimeType: String
    let timescale: Int32
    /// The duration of a frame in ticks.
    let frameTicks: Int64
    /// Wall clock minus media time.
    let epoch: Interval

    fileprivate var object: JSONObject {
      [
        "cid": channel, "ch": stream, "rendition": rendition, "track": track.rawValue,
        "mime": mimeType, "timescale": timescale, "frame": frameTicks,
        "epoch": RawJSON(Decimal.shortString(epoch.microseconds, digits: 3)),
      ]
    }
  }

  /// Why the group of a viewer changes.
  enum SwitchReason: String {
    case manual, source
    case automatic = "abr"
  }

  /// The state of a stream's source.
  enum SourceState: String { case starting, live, lost, ended, failed }

  private static func frame(_ type: String, _ members: JSONObject) -> SharedBytes {
    WebSocketFrame.text((["t": type] + members).text)
  }

  /// The answer to `hello`.
  static func welcome(session: String, stream: String, keepAlive: Interval, now: WallTime)
    -> SharedBytes
  {
    frame(
      "welcome",
      [
        "v": 1, "sid": session, "now": milliseconds(now), "streams": [stream],
        "keepalive": keepAlive.milliseconds, "stats": 1000,
      ])
  }

  /// The stream and its renditions.
  ///
  /// `missing` are the names of the renditions without new media.
  static func channels(_ stream: SocketStream, missing: [String]) -> SharedBytes {
    let hasChoice = stream.renditions.count(where: \.isAudio) > 1
    let renditions = stream.renditions.compactMap { rendition -> JSONObject? in
      guard let track = rendition.window.snapshot.track else { return nil }
      let media: JSONObject =
        switch track.content {
        case .video(let size):
          ["w": size.width, "h": size.height, "fps": rate(track.segmentation)]
        case .audio(let channels, _):
          ["channels": channels] + (hasChoice ? choice(track) : [:])
        }
      return ["id": rendition.name, "codecs": track.codecs] + media + [
        "kbps": track.bandwidth / 1000, "missing": missing.contains(rendition.name) ? true : nil,
      ]
    }
    let channel: JSONObject = [
      "ch": stream.name, "name": stream.label, "online": stream.window?.snapshot.state == .live,
      "renditions": renditions,
    ]
    return frame("channels", ["channels": [channel]])
  }

  /// The members of an audio rendition among which viewers choose.
  private static func choice(_ track: TrackDescription) -> JSONObject {
    [
      "lang": track.language.tag, "name": track.label ?? track.rendition,
      "purpose": track.purpose.rawValue, "default": track.isDefault,
    ]
  }

  /// The answer to `subscribe`, one for each track; `tracks` are those of the subscription.
  static func subscribed(
    _ group: Group, tracks: [SubscriptionRequest.Track], target: Interval
  ) -> SharedBytes {
    frame("subscribed", group.object + members(tracks, target) + ["next": "init"])
  }

  /// The answer to `subscribe` without tracks.
  static func subscribedToNothing(_ stream: String) -> SharedBytes {
    frame("subscribed", ["ch": stream, "tracks": [String]()])
  }

  /// The viewer's next chunks are those of another group, from segment `number` on.
  static func switching(_ group: Group, _ reason: SwitchReason, at number: Int64) -> SharedBytes {
    frame("switching", group.object + members(reason, number))
  }

  /// A new session of the stream has begun: the viewer's media are those of this group, one message
  /// for each track; `tracks` are those of the subscription from now on.
  static func restarted(
    _ group: Group, tracks: [SubscriptionRequest.Track], target: Interval, at number: Int64
  ) -> SharedBytes {
    frame("switching", group.object + members(tracks, target) + members(.source, number))
  }

  private static func members(_ reason: SwitchReason, _ number: Int64) -> JSONObject {
    ["reason": reason.rawValue, "at": number, "next": "init"]
  }

  private static func members(
    _ tracks: [SubscriptionRequest.Track], _ target: Interval
  ) -> JSONObject {
    ["tracks": tracks.map(\.rawValue), "target": target.milliseconds]
  }

  /// The answer to `ping`: the client's values, and the times of receipt and answer.
  static func pong(id: Double, clientTime: Double, received: WallTime, sent: WallTime)
    -> SharedBytes
  {
    frame(
      "pong",
      ["id": id, "c": clientTime, "r": milliseconds(received), "s": milliseconds(sent)])
  }

  /// The viewer was too slow and did not get the messages from one to another number.
  static func skip(channel: UInt16, from first: UInt32, to next: UInt32) -> SharedBytes {
    frame("skip", ["cid": channel, "from": first, "to": next, "reason": "congestion"])
  }

  /// The latency that all members of a sync group hold.
  static func sync(_ group: String, target: Interval) -> SharedBytes {
    let milliseconds = RawJSON(Decimal.shortString(target.microseconds, digits: 3))
    return frame("sync", ["group": group, "target": milliseconds])
  }

  /// The state of the source, since when, and its outage.
  static func source(
    _ state: SourceState, since: WallTime, _ outage: SourceOutage? = nil
  ) -> SharedBytes {
    let outage = outage.map { outage -> JSONObject in
      [
        "kind": outage.kind.rawValue, "text": outage.kind.words,
        "since": outage.since.milliseconds, "retry": outage.retryAt?.milliseconds,
      ]
    }
    return frame(
      "source", ["state": state.rawValue, "since": since.milliseconds, "outage": outage])
  }

  /// An event of the stream, a binary message: channel 0, and the event's number as its number.
  static func event(_ event: TimedEvent) -> MediaMessage {
    let object: JSONObject = [
      "id": event.id, "time": milliseconds(event.time),
      "data": RawJSON(String(decoding: event.data, as: UTF8.self)),
    ]
    return MediaMessage(
      .event, [], channel: 0, sequence: event.id, published: SystemClock.wallTime,
      SharedBytes(object.text))
  }

  /// A message was not obeyed.
  static func error(_ error: SocketError) -> SharedBytes {
    frame(
      "error",
      [
        "code": error.code, "msg": error.text, "fatal": error.isFatal,
        "retry": error.retryMilliseconds,
      ])
  }

  /// Unix milliseconds with three decimals.
  private static func milliseconds(_ time: WallTime) -> RawJSON {
    RawJSON(Decimal.string((time - .origin).microseconds, digits: 3))
  }

  /// Frames per second.
  private static func rate(_ segmentation: TrackSegmentation) -> RawJSON {
    let rate = segmentation.video.grid.rate
    // bounded: a numerator is at most 1,000,000
    return RawJSON(Decimal.shortString(1000 * rate.numerator / rate.denominator, digits: 3))
  }
}
