// SPDX-License-Identifier: Apache-2.0

package import Time

/// The bit rate that the server advises a publisher page: a pure state machine.
///
/// The way of a frame is its time of arrival minus that of sending. It is long if it takes 150 ms
/// more than the shortest one of the last half minute for 1 s, or if frames wait for the source for
/// as long. Pages lower their bit rate by acknowledgements; this is for those whose
/// acknowledgements are late themselves.
package struct PageRateAdvice: Sendable {
  /// The additional time of a long way, and how long it lasts before an advice.
  private static let (excess, patience) = (Int64(150), Interval.seconds(1))
  /// The waiting frames that count like a long way.
  private static let maximumWaiting = 2
  /// The time for which a way counts as the shortest.
  private static let memory = Interval.seconds(30)
  /// The least interval between two advices, and the lowest bit rate in kbit/s.
  private static let (interval, lowest) = (Interval.seconds(2), Int64(150))

  /// The shortest way in this and the former half of the memory, in milliseconds.
  private var shortest: (former: Int64, current: Int64) = (.max, .max)
  private var halfSince = WallTime.distantPast
  private var longSince: WallTime?
  private var advisedAt = WallTime.distantPast
  /// The bytes since ``countedSince``.
  private var bytes: Int64 = 0
  private var countedSince = WallTime.distantPast
  /// The received rate in kbit/s; nil in the first second.
  private var rate: Int64?

  /// An advice before the first frame.
  package init() {}

  /// Notes a frame of video.
  ///
  /// - Parameters:
  ///   - frame: the frame.
  ///   - now: its arrival.
  ///   - waiting: the frames that wait for the source.
  /// - Returns: the advised bit rate in kbit/s; nil for no advice.
  package mutating func take(_ frame: PageFrame, at now: WallTime, waiting: Int) -> Int64? {
    count(frame.bytes.count, now)
    // Both clocks are the server's, modulo 2^32 ms; the page's may be early.
    let arrival = UInt32(truncatingIfNeeded: now.milliseconds)
    let way = Int64(Int32(bitPattern: arrival &- frame.sent))  // bounded: modulo 2^32
    if now - halfSince >= Self.memory / 2 {
      shortest = (shortest.current, .max)
      halfSince = now
    }
    shortest.current = min(shortest.current, way)
    let isLong =
      way.subtractingSaturated(min(shortest.former, shortest.current)) > Self.excess
      || waiting > Self.maximumWaiting
    guard isLong else {
      longSince = nil
      return nil
    }
    let since = longSince ?? now
    longSince = since
    guard let rate, now - since >= Self.patience, now - advisedAt >= Self.interval else {
      return nil
    }
    advisedAt = now
    longSince = nil
    // bounded: the rate is that of received bytes
    return max(Self.lowest, rate / 10 * 7)
  }

  private mutating func count(_ size: Int, _ now: WallTime) {
    bytes = bytes.addingSaturated(Int64(size))
    let elapsed = now - countedSince
    guard elapsed >= .seconds(1) else { return }
    // bounded: 8 bits of at most 400 messages per second, each of 4 MiB
    if countedSince != .distantPast { rate = elapsed.rate(of: bytes * 8) / 1000 }
    (bytes, countedSince) = (0, now)
  }
}
