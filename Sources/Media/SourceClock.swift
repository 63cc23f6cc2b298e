// SPDX-License-Identifier: Apache-2.0

/// Maps the time stamps of a source with a clock of its own to the monotonic clock: a pure state machine.
///
/// A stamp and the time it arrived differ by the source's clock, by what the way always takes, and by what it
/// sometimes takes longer. The least difference of the last ten seconds, their lower envelope, is free of the last. The
/// mapping follows it by at most 300 ppm, so that picture and sound of a foreign crystal neither drift nor step. A
/// difference of 100 ms or more is no drift: the stamps jumped, the source was away, or the way became longer for
/// good. Then the mapping starts anew from what arrives.
///
/// What it gives never goes back within a track. Both tracks have one mapping, whatever comes late: the time of an
/// arrival enters it only through the envelope. Where that was wrong what comes may be a little ahead of its arrival,
/// until the mapping has followed.
package struct SourceClock: Sendable {
  /// What a stamp belongs to: tracks share the mapping, each has its own order.
  package enum Track: Sendable {
    /// Pictures.
    case video
    /// Sound.
    case audio
  }

  /// The newest of a track.
  private struct Newest {
    var pts = Int64.min
    var captured = Int64.min
  }

  /// How fast the mapping may follow; parts per million.
  static var slope: Int64 { 300 }
  /// From here on a difference is a step; nanoseconds.
  static var step: Int64 { 100_000_000 }
  /// After so long without anything that arrives the mapping starts anew; nanoseconds.
  static var silence: Int64 { 500_000_000 }
  /// Beyond this a single stamp is a jump, not lateness; nanoseconds.
  static var jump: Int64 { 1_000_000_000 }
  /// How far a sender's clock may be from ours to be believed; nanoseconds.
  static var trust: Int64 { 5_000_000_000 }

  /// How often the mapping started anew, the first start not counted.
  package private(set) var restarts = 0
  /// How often the mapping stepped: when it started, and while it settled.
  package private(set) var steps = 0

  private let settling: Int64
  /// Monotonic time minus stamp, as used now; nil before the first stamp.
  private var offset: Int64?
  private var envelope = LowerEnvelope()
  /// How long before the envelope the sender says that it captured.
  private var lead: Int64 = 0
  private var reach = trust
  private var startedAt: Int64 = 0
  private var lastArrival: Int64 = 0
  private var video = Newest()
  private var audio = Newest()

  /// A clock that has seen nothing.
  ///
  /// - Parameter settling: for so many nanoseconds after a start the mapping follows downwards at once.
  package init(settling: Int64 = 1_000_000_000) { self.settling = settling }

  /// Bounds by how many nanoseconds the mapping may go before the envelope on the word of the sender.
  ///
  /// Once a stream lives, slots close at a fixed time after their tick; what comes later than that is lost.
  package mutating func limitLead(to nanoseconds: Int64) { reach = max(0, nanoseconds) }

  /// When what carries the stamp `pts` was captured: monotonic clock, nanoseconds.
  ///
  /// - Parameters:
  ///   - track: what it belongs to.
  ///   - pts: the stamp in nanoseconds, unwrapped, in order of presentation.
  ///   - arrival: monotonic time at which it came; not before that of the call before.
  ///   - sent: when the sender says that it was captured, on the monotonic clock; nil where it does not say.
  /// - Returns: monotonic nanoseconds, not before what the call before gave for the track.
  package mutating func captureTime(
    _ track: Track = .video, pts: Int64, arrival: Int64, sent: Int64? = nil
  ) -> Int64 {
    let observed = arrival - pts
    var newest = track == .video ? video : audio
    // Stamps that go back are a new beginning, however little they are late.
    take(observed, arrival, isBack: pts < newest.pts.subtractingSaturated(Self.step))
    if let sent, (-Self.step / 2...Self.trust).contains(arrival - sent) {
      lead = envelope.least - (sent - pts)
    }
    follow(envelope.least - min(max(lead, 0), reach), arrival)
    lastArrival = arrival
    newest.pts = pts
    newest.captured = max(newest.captured, min(pts + (offset ?? observed), arrival + Self.step))
    if track == .video { video = newest } else { audio = newest }
    return newest.captured
  }

  /// The source was gone: whatever it says next is a new beginning.
  package mutating func breakOff() {
    if offset != nil { restarts += 1 }
    offset = nil
  }

  /// Adds to the envelope, or starts it anew where the stamps and the time have parted.
  private mutating func take(_ observed: Int64, _ arrival: Int64, isBack: Bool) {
    guard offset != nil else { return start(observed, arrival) }
    let error = observed - envelope.least
    let isSilenceOver = arrival - lastArrival > Self.silence
    if isBack || error >= Self.jump || isSilenceOver && error >= Self.step
      || !isSettling(arrival) && error <= -Self.step
    {
      restarts += 1
      return start(observed, arrival)
    }
    envelope.add(observed, at: arrival)
    if let recent = envelope.recent, recent - envelope.least >= Self.step {
      // Everything has come late for a second: the way is longer now.
      restarts += 1
      start(recent, arrival)
    }
  }

  /// Moves the mapping towards `aim`: downwards at once while it settles, else slowly.
  private mutating func follow(_ aim: Int64, _ arrival: Int64) {
    guard let current = offset else { return }
    if isSettling(arrival), aim < current {
      steps += 1
      offset = aim
      return
    }
    let most = max(0, arrival - lastArrival) * Self.slope / 1_000_000
    offset = current + min(max(aim - current, -most), most)
  }

  private func isSettling(_ arrival: Int64) -> Bool { arrival - startedAt <= settling }

  private mutating func start(_ observed: Int64, _ arrival: Int64) {
    steps += 1
    offset = observed
    lead = 0
    startedAt = arrival
    envelope = LowerEnvelope()
    envelope.add(observed, at: arrival)
  }
}

extension Int64 {
  /// The difference, or the least number there is.
  fileprivate func subtractingSaturated(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? .min : difference
  }
}

/// The least of what was observed in the last ten seconds, kept for each second.
private struct LowerEnvelope {
  private static let span: Int64 = 1_000_000_000
  private static let count = 11

  /// The least difference in each second, newest last.
  private var seconds: [(begin: Int64, least: Int64)] = []

  /// The least of all; meaningless before the first.
  var least: Int64 { seconds.reduce(.max) { min($0, $1.least) } }

  mutating func add(_ value: Int64, at time: Int64) {
    if let last = seconds.last, time - last.begin < Self.span {
      seconds[seconds.count - 1].least = min(last.least, value)
      return
    }
    seconds.append((time, value))
    seconds.removeAll { time - $0.begin >= Int64(Self.count) * Self.span }
  }

  /// The least of the last second or two; nil before a second is over.
  var recent: Int64? {
    guard seconds.count >= 2 else { return nil }
    return min(seconds[seconds.count - 1].least, seconds[seconds.count - 2].least)
  }
}
