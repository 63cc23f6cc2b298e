// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// The control messages to a publisher page, as JSON.
package enum PageReply {
  /// The client may publish.
  ///
  /// - Parameters:
  ///   - now: the present time.
  ///   - segment: the requested duration of segments: the distance of key frames.
  ///   - isContinued: whether the client continues its publisher.
  /// - Returns: the message.
  package static func welcome(now: WallTime, segment: Interval, isContinued: Bool) -> String {
    "{\"t\":\"welcome\",\"v\":1,\"now\":\(now.milliseconds),\"keepalive\":20000"
      + ",\"resumed\":\(isContinued),\"segment\":\(segment.milliseconds)"
      + ",\"take\":{\"video\":[\"avc1\",\"vp8\"],\"audio\":[\"opus\"]}}"
  }

  /// The description of a track was accepted.
  package static func accepted(_ track: PageTrack) -> String {
    "{\"t\":\"accepted\",\"cid\":\(track.group)}"
  }

  /// The answer to a `ping`; times in milliseconds since 1970.
  package static func pong(
    id: Double, clientTime: Double, received: WallTime, sent: WallTime
  ) -> String {
    "{\"t\":\"pong\",\"id\":\(number(id)),\"c\":\(number(clientTime))"
      + ",\"r\":\(milliseconds(received)),\"s\":\(milliseconds(sent))}"
  }

  /// The highest received number of a group, when it arrived, and how many frames wait for the
  /// source.
  package static func ack(
    _ group: UInt16, _ number: UInt32, received: WallTime, waiting: Int
  ) -> String {
    "{\"t\":\"ack\",\"cid\":\(group),\"n\":\(number),\"r\":\(milliseconds(received))"
      + ",\"q\":\(waiting)}"
  }

  /// The next frame of a group must be a key frame.
  package static func key(_ group: UInt16) -> String { "{\"t\":\"key\",\"cid\":\(group)}" }

  /// The bit rate of a group should be lower.
  package static func rate(_ group: UInt16, kilobits: Int64) -> String {
    "{\"t\":\"rate\",\"cid\":\(group),\"kbps\":\(kilobits)}"
  }

  /// A member that is finite.
  private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "0" }

  /// Milliseconds with three decimals.
  private static func milliseconds(_ time: WallTime) -> String {
    let microseconds = time.nanoseconds / 1000
    return "\(microseconds / 1000).\(padded("\(abs(microseconds % 1000))", to: 3))"
  }
}
