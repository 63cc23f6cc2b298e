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
    guard backlog.first?.period == period else { return nil }
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
