// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Packaging
import Sharing
import Time

/// Viewers that were too slow, and continue.
extension BroadcastGroup {
  /// The media that a viewer without the messages from `missed` on needs to be at the live edge.
  ///
  /// It begins with the newest key frame, or with the first missed message if that is later; nil if
  /// there is no such media.
  private func needed(from missed: UInt32?) -> (contents: ArraySlice<MessageContent>, CatchUp)? {
    guard let (contents, duration) = mediaFromNewestKey else { return nil }
    var rest = contents[...]
    if let missed {
      // bounded: the numbers wrap around; the distance is less than half of them
      let count = Int(Int32(bitPattern: sequence &- missed))
      rest = contents.suffix(max(0, count))
    }
    // bounded: the divisor is positive
    let share = duration.nanoseconds / Int64(max(1, contents.count))
    let catchUp = CatchUp(
      byteCount: rest.reduce(0) { $0 + $1.payload.count },
      duration: .nanoseconds(share.multipliedSaturated(by: Int64(rest.count))),
      bandwidth: snapshot.track(of: period)?.bandwidth ?? .max)
    return (rest, catchUp)
  }

  /// The media from the newest key frame on, the same for all viewers; nil if there is none.
  private var mediaFromNewestKey: (contents: [MessageContent], duration: Interval)? {
    if let media = newestMedia { return media }
    let backlog = backlog(from: .newestKey)
    guard backlog.first?.chunk.isIndependent == true else { return nil }
    newestMedia = (backlog.flatMap { contents($0) }, duration(backlog))
    return newestMedia
  }

  /// What a viewer would get that begins with the newest key frame.
  var catchUp: CatchUp? { needed(from: nil)?.1 }

  /// Sends a viewer that was too slow the media up to the live edge, if that takes little time.
  ///
  /// - Returns: the number of messages; nil if the next key frame is sooner.
  func resume(
    _ member: Subscription, over state: TransmissionState?, now: MonotonicTime
  ) -> Int? {
    guard case .waiting(let missed) = member.state, let (contents, catchUp) = needed(from: missed),
      catchUp.isShort(over: state)
    else { return nil }
    // bounded: the numbers wrap around
    let first = sequence &- UInt32(truncatingIfNeeded: contents.count)
    if let missed, missed != first {
      member.session.send(
        essential: OutgoingFrame(ServerMessage.skip(channel: channel, from: missed, to: first)))
    }
    return send(contents, from: first, to: member, due: now + CatchUp.maximumTime, now: now)
  }
}

/// Published media that a viewer needs to be at the live edge: a pure decision whether it is sent.
///
/// A viewer that was too slow continues with the newest key frame if the media since that frame
/// reaches it soon. Otherwise the next key frame is sooner.
struct CatchUp {
  /// The longest time until the viewer is at the live edge.
  static let maximumTime = Interval.milliseconds(500)
  /// The longest time for the media alone, if the connection is slower than the rendition.
  static let maximumDelay = Interval.milliseconds(250)

  /// The bytes of the media.
  let byteCount: Int
  /// The duration of the media.
  let duration: Interval
  /// The bits per second of the rendition, which arrives meanwhile.
  let bandwidth: Int64

  /// Whether the media is short enough for a connection.
  ///
  /// - Parameter state: the connection; nil if the system does not say.
  /// - Returns: if the rate is not known, whether the media lasts for at most ``maximumTime``.
  func isShort(over state: TransmissionState?) -> Bool {
    if state?.isLowerBound ?? true, duration <= Self.maximumTime { return true }
    guard let rate = state?.deliveryRate, rate > 0 else { return false }
    let bits = Int64(clamping: byteCount).multipliedSaturated(by: 8)
    if Interval(ticks: bits, timescale: rate) <= Self.maximumDelay { return true }
    let spare = rate.subtractingSaturated(bandwidth)
    return spare > 0 && Interval(ticks: bits, timescale: spare) <= Self.maximumTime
  }
}
