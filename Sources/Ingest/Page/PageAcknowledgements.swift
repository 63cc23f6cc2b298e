// SPDX-License-Identifier: Apache-2.0

package import Time

/// When the frames of a publisher page are acknowledged, and which.
///
/// The newest frame of each track is acknowledged, and for two seconds again: a hidden page, whose
/// timers are late, repeats its picture when a message arrives.
package struct PageAcknowledgements: Sendable {
  /// A received frame of a track.
  package struct Frame: Equatable, Sendable {
    package var group: UInt16
    package var number: UInt32
    package var received: WallTime

    package init(group: UInt16, number: UInt32, received: WallTime) {
      self.group = group
      self.number = number
      self.received = received
    }
  }

  /// The interval between two acknowledgements of the same frame.
  package static let interval = Interval.milliseconds(100)
  /// The time after its arrival in which a frame is acknowledged again.
  static let repeatTime = Interval.seconds(2)

  /// By groups.
  private var newest: [UInt16: Frame] = [:]
  /// Whether one of them is not acknowledged yet.
  private var hasNews = false
  private var sentAt = MonotonicTime.distantPast

  package init() {}

  package mutating func add(_ frame: Frame) {
    newest[frame.group] = frame
    hasNews = true
  }

  /// The frames to acknowledge now; nil if no frame is young enough to be acknowledged again.
  package mutating func due(at wallTime: WallTime, now: MonotonicTime) -> [Frame]? {
    newest = newest.filter { (wallTime - $0.value.received).magnitude < Self.repeatTime }
    guard !newest.isEmpty else { return nil }
    guard hasNews || now - sentAt >= Self.interval else { return [] }
    (hasNews, sentAt) = (false, now)
    return newest.values.sorted { $0.group < $1.group }
  }
}
