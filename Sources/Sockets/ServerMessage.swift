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

    fileprivate var members: String {
      "\"cid\":\(channel),\"ch\":\(JSONText.quoted(stream))"
        + ",\"rendition\":\(JSONText.quoted(rendition)),\"track\":\"\(track.rawValue)\""
        + ",\"mime\":\(JSONText.quoted(mimeType)),\"timescale\":\(timescale)"
        + ",\"frame\":\(frameTicks)"
        + ",\"epoch\":\(Decimal.shortString(epoch.microseconds, digits: 3))"
    }
  }

  /// Why the group of a viewer changes.
  enum SwitchReason: String {
    case manual, source
    case automatic = "abr"
  }

  /// The state of a stream's source.
  enum SourceState: String { case starting, live, lost, ended, failed }

  /// The answer to `hello`.
  static func welcome(session: String, stream: String, keepAlive: Interval, now: WallTime)
    -> SharedBytes
  {
    WebSocketFrame.text(
      "{\"t\":\"welcome\",\"v\":1,\"sid\":\"\(session)\",\"now\":\(milliseconds(now))"
        + ",\"streams\":[\(JSONText.quoted(stream))],\"keepalive\":\(keepAlive.milliseconds)"
        + ",\"stats\":1000}")
  }

  /// The stream and its renditions.
  ///
  /// `missing` are the names of the renditions without new media.
  static func channels(_ stream: SocketStream, missing: [String]) -> SharedBytes {
    let hasChoice = stream.renditions.count(where: \.isAudio) > 1
    let renditions = stream.renditions.compactMap { rendition -> String? in
      guard let track = rendition.window.snapshot.track else { return nil }
      let media: String =
        switch track.content {
        case .video(let size):
          ",\"w\":\(size.width),\"h\":\(size.height),\"fps\":\(rate(track.segmentation))"
        case .audio(let channels, _):
          ",\"channels\":\(channels)" + (hasChoice ? choice(track) : "")
        }
      return "{\"id\":\(JSONText.quoted(rendition.name))"
        + ",\"codecs\":\(JSONText.quoted(track.codecs))\(media)"
        + ",\"kbps\":\(track.bandwidth / 1000)"
        + (missing.contains(rendition.name) ? ",\"missing\":true}" : "}")
    }
    let isOnline = stream.window?.snapshot.state == .live
    return WebSocketFrame.text(
      "{\"t\":\"channels\",\"channels\":[{\"ch\":\(JSONText.quoted(stream.name))"
        + ",\"name\":\(JSONText.quoted(stream.label)),\"online\":\(isOnline)"
        + ",\"renditions\":[\(renditions.joined(separator: ","))]}]}")
  }

  /// The members of an audio rendition among which viewers choose.
  private static func choice(_ track: TrackDescription) -> String {
    ",\"lang\":\(JSONText.quoted(track.language.tag))"
      + ",\"name\":\(JSONText.quoted(track.label ?? track.rendition))"
      + ",\"purpose\":\(JSONText.quoted(track.purpose.rawValue))"
      + ",\"default\":\(track.isDefault)"
  }

  /// The answer to `subscribe`, one for each track; `tracks` are those of the subscription.
  static func subscribed(
    _ group: Group, tracks: [SubscriptionRequest.Track], target: Interval
  ) -> SharedBytes {
    WebSocketFrame.text(
      "{\"t\":\"subscribed\",\(group.members),\(members(tracks, target)),\"next\":\"init\"}")
  }

  /// The answer to `subscribe` without tracks.
  static func subscribedToNothing(_ stream: String) -> SharedBytes {
    WebSocketFrame.text(
      "{\"t\":\"subscribed\",\"ch\":\(JSONText.quoted(stream)),\"tracks\":[]}")
  }

  /// The viewer's next chunks are those of another group, from segment `number` on.
  static func switching(_ group: Group, _ reason: SwitchReason, at number: Int64) -> SharedBytes {
    WebSocketFrame.text(
      "{\"t\":\"switching\",\(group.members),\"reason\":\"\(reason.rawValue)\",\"at\":\(number)"
        + ",\"next\":\"init\"}")
  }

  /// A new session of the stream has begun: the viewer's media are those of this group, one message
  /// for each track; `tracks` are those of the subscription from now on.
  static func restarted(
    _ group: Group, tracks: [SubscriptionRequest.Track], target: Interval, at number: Int64
  ) -> SharedBytes {
    WebSocketFrame.text(
      "{\"t\":\"switching\",\(group.members),\(members(tracks, target))"
        + ",\"reason\":\"\(SwitchReason.source.rawValue)\",\"at\":\(number),\"next\":\"init\"}")
  }

  private static func members(
    _ tracks: [SubscriptionRequest.Track], _ target: Interval
  ) -> String {
    let names = tracks.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
    return "\"tracks\":[\(names)],\"target\":\(target.milliseconds)"
  }

  /// The answer to `ping`: the client's values, and the times of receipt and answer.
  static func pong(id: Double, clientTime: Double, received: WallTime, sent: WallTime)
    -> SharedBytes
  {
    WebSocketFrame.text(
      "{\"t\":\"pong\",\"id\":\(id),\"c\":\(clientTime),\"r\":\(milliseconds(received))"
        + ",\"s\":\(milliseconds(sent))}")
  }

  /// The viewer was too slow and did not get the messages from one to another number.
  static func skip(channel: UInt16, from first: UInt32, to next: UInt32) -> SharedBytes {
    WebSocketFrame.text(
      "{\"t\":\"skip\",\"cid\":\(channel),\"from\":\(first),\"to\":\(next)"
        + ",\"reason\":\"congestion\"}")
  }

  /// The latency that all members of a sync group hold.
  static func sync(_ group: String, target: Interval) -> SharedBytes {
    WebSocketFrame.text(
      "{\"t\":\"sync\",\"group\":\(JSONText.quoted(group))"
        + ",\"target\":\(Decimal.shortString(target.microseconds, digits: 3))}")
  }

  /// The state of the source, since when, and its outage.
  static func source(
    _ state: SourceState, since: WallTime, _ outage: SourceOutage? = nil
  ) -> SharedBytes {
    let outage = outage.map { outage in
      ",\"outage\":{\"kind\":\"\(outage.kind.rawValue)\""
        + ",\"text\":\(JSONText.quoted(outage.kind.words)),\"since\":\(outage.since.milliseconds)"
        + (outage.retryAt.map { ",\"retry\":\($0.milliseconds)" } ?? "") + "}"
    }
    return WebSocketFrame.text(
      "{\"t\":\"source\",\"state\":\"\(state.rawValue)\",\"since\":\(since.milliseconds)"
        + "\(outage ?? "")}")
  }

  /// An event of the stream, a binary message: channel 0, and the event's number as its number.
  static func event(_ event: TimedEvent) -> MediaMessage {
    let text =
      "{\"id\":\(event.id),\"time\":\(milliseconds(event.time)),\"data\":"
      + String(decoding: event.data, as: UTF8.self) + "}"
    return MediaMessage(
      .event, [], channel: 0, sequence: event.id, published: SystemClock.wallTime,
      SharedBytes(text))
  }

  /// A message was not obeyed.
  static func error(_ error: SocketError) -> SharedBytes {
    WebSocketFrame.text(
      "{\"t\":\"error\",\"code\":\"\(error.code)\",\"msg\":\(JSONText.quoted(error.text))"
        + ",\"fatal\":\(error.isFatal)"
        + (error.retryMilliseconds.map { ",\"retry\":\($0)" } ?? "") + "}")
  }

  /// Unix milliseconds with three decimals.
  private static func milliseconds(_ time: WallTime) -> String {
    Decimal.string((time - .origin).microseconds, digits: 3)
  }

  /// Frames per second.
  private static func rate(_ segmentation: TrackSegmentation) -> String {
    let rate = segmentation.video.grid.rate
    // bounded: a numerator is at most 1,000,000
    return Decimal.shortString(1000 * rate.numerator / rate.denominator, digits: 3)
  }
}
