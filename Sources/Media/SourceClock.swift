// SPDX-License-Identifier: Apache-2.0

package import Time

/// Maps the timestamps of a source with its own clock to the monotonic clock: a pure state machine.
///
/// A timestamp and its arrival differ by the offset of the source's clock, by the constant delay of
/// the path, and by a varying delay. The least difference of the last ten seconds, the lower
/// envelope, excludes the varying delay. The mapping follows the envelope by at most 300 ppm, so
/// that video and audio of a foreign crystal neither drift nor step. A difference of 100 ms or more
/// is not drift: the timestamps jumped, the source was away, or the path became longer permanently.
/// Then the mapping restarts from the next arrivals.
///
/// Results never decrease within a track. All tracks share one mapping; an arrival affects it only
/// through the envelope. If the envelope was wrong, a result may be slightly later than its arrival
/// until the mapping has followed.
package struct SourceClock: Sendable {
  /// The track of a timestamp: tracks share the mapping; each has its own order.
  package enum Track: Sendable, Hashable {
    /// Video frames.
    case video
    /// Packets of the audio track with this number, the first one is 0.
    case audioTrack(Int)

    /// Packets of the first audio track.
    package static let audio = Track.audioTrack(0)
  }

  /// The newest timestamp of a track and its result.
  private struct Newest {
    var pts = SourceTime.distantPast
    var captured = MonotonicTime.distantPast
  }

  /// The largest rate at which the mapping follows, in parts per million.
  static var slope: Int64 { 300 }
  /// The least difference that is a step.
  static var step: Interval { .milliseconds(100) }
  /// The time without arrivals after which the mapping restarts.
  static var silence: Interval { .milliseconds(500) }
  /// The lateness of a single arrival above which its timestamp jumped.
  static var jump: Interval { .seconds(1) }
  /// For this time units without a declared capture time have that of the one before.
  static var freshness: Interval { .seconds(1) }
  /// The time after a start during which the mapping follows downward at once.
  ///
  /// A source that catches up goes on to do so: the time begins again while differences fall by
  /// ``catchingUp`` percent of the time or more, as by 5 % with ffmpeg 7 and later after a pause.
  private static var settling: Interval { .seconds(1) }
  private static var catchingUp: Int64 { 2 }
  /// The largest credible difference between the sender's clock and this machine's.
  static var trust: Interval { .seconds(5) }

  /// The number of restarts of the mapping; the first start does not count.
  package private(set) var restarts = 0
  /// The number of steps of the mapping: at a start, and while it settles.
  package private(set) var steps = 0

  /// Monotonic time minus timestamp, as in use; nil before the first timestamp.
  private var offset: Interval?
  private var envelope = LowerEnvelope()
  /// The time from the declared capture to the envelope.
  private var lead = Interval.zero
  /// The capture time that was declared last, minus its timestamp, and its arrival.
  private var declared: (offset: Interval, arrival: MonotonicTime)?
  private var reach = trust
  private var startedAt = MonotonicTime.origin
  /// The newest start, or step downward while the mapping settles.
  private var steppedAt = MonotonicTime.origin
  private var lastArrival = MonotonicTime.origin
  /// The newest timestamps of the tracks; inputs have few.
  private var newest: [Track: Newest] = [:]

  /// A clock without observations.
  package init() {}

  /// Limits how far a declared capture time may precede the envelope.
  ///
  /// In a live stream, slots close at a fixed time after their frame time; later frames are lost.
  package mutating func limitLead(to most: Interval) { reach = max(.zero, most) }

  /// The capture time of a unit with the timestamp `pts`.
  ///
  /// - Parameters:
  ///   - track: the track of the unit.
  ///   - pts: its timestamp, in presentation order.
  ///   - arrival: its arrival; not before that of the previous call.
  ///   - sent: the capture time that the sender declares; nil if undeclared.
  /// - Returns: the capture time, not before the previous result for the track.
  package mutating func captureTime(
    _ track: Track = .video, pts: SourceTime, arrival: MonotonicTime, sent: MonotonicTime? = nil
  ) -> MonotonicTime {
    let observed = arrival.offset(from: pts)
    var newest = newest[track] ?? Newest()
    // A timestamp that decreases restarts the mapping, however small its lateness is.
    take(observed, arrival, isBack: pts < newest.pts - Self.step)
    if let sent, (-Self.step / 2...Self.trust).contains(arrival - sent) {
      declared = (sent.offset(from: pts), arrival)
    }
    // A unit of another track that declares nothing may lower the envelope.
    if let declared, arrival - declared.arrival <= Self.freshness {
      lead = envelope.least - declared.offset
    }
    follow(envelope.least - min(max(lead, .zero), reach), arrival)
    lastArrival = arrival
    newest.pts = pts
    let captured = MonotonicTime(pts, plus: offset ?? observed)
    newest.captured = max(newest.captured, min(captured, arrival + Self.step))
    self.newest[track] = newest
    return newest.captured
  }

  /// The capture time of a unit that arrived before, by the present mapping.
  ///
  /// A timestamp that does not belong to the mapping gives the arrival.
  /// - Parameters:
  ///   - pts: its timestamp.
  ///   - arrival: its arrival.
  /// - Returns: the capture time, not after the arrival.
  package func captureTime(ofEarlier pts: SourceTime, arrival: MonotonicTime) -> MonotonicTime {
    guard let offset else { return arrival }
    let captured = MonotonicTime(pts, plus: offset)
    return captured > arrival - Self.trust ? min(captured, arrival) : arrival
  }

  /// The capture time of a timestamp by the present mapping, also of one that lies ahead; nil
  /// without a mapping.
  package func captureTime(at pts: SourceTime) -> MonotonicTime? {
    offset.map { MonotonicTime(pts, plus: $0) }
  }

  /// Records that the source was away: its next timestamp restarts the mapping.
  package mutating func breakOff() {
    if offset != nil { restarts += 1 }
    offset = nil
  }

  /// Adds to the envelope, or restarts it if timestamps and arrivals have diverged.
  private mutating func take(_ observed: Interval, _ arrival: MonotonicTime, isBack: Bool) {
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
      // Every arrival of the last second was late: the path has become longer.
      restarts += 1
      start(recent, arrival)
    }
  }

  /// Moves the mapping towards `aim`: downward at once while it settles, else slowly.
  private mutating func follow(_ aim: Interval, _ arrival: MonotonicTime) {
    guard let current = offset else { return }
    if isSettling(arrival), aim < current {
      steps += 1
      offset = aim
      // bounded: intervals saturate
      if (current - aim) * 100 >= (arrival - steppedAt) * Self.catchingUp { startedAt = arrival }
      steppedAt = arrival
      return
    }
    // bounded: intervals saturate
    let most = max(.zero, arrival - lastArrival) * Self.slope / 1_000_000
    offset = current + min(max(aim - current, -most), most)
  }

  private func isSettling(_ arrival: MonotonicTime) -> Bool { arrival - startedAt <= Self.settling }

  private mutating func start(_ observed: Interval, _ arrival: MonotonicTime) {
    steps += 1
    offset = observed
    (lead, declared) = (.zero, nil)
    (startedAt, steppedAt) = (arrival, arrival)
    envelope = LowerEnvelope()
    envelope.add(observed, at: arrival)
  }
}

/// The least difference of the last ten seconds, stored per second.
private struct LowerEnvelope {
  private static let span = Interval.seconds(1)
  private static let count: Int64 = 11

  /// The least difference in each second, newest last.
  private var seconds: [(begin: MonotonicTime, least: Interval)] = []

  /// The least of all; undefined before the first.
  var least: Interval { seconds.reduce(.max) { min($0, $1.least) } }

  mutating func add(_ value: Interval, at time: MonotonicTime) {
    if let last = seconds.last, time - last.begin < Self.span {
      seconds[seconds.count - 1].least = min(last.least, value)
      return
    }
    seconds.append((time, value))
    seconds.removeAll { time - $0.begin >= Self.span * Self.count }  // bounded: intervals saturate
  }

  /// The least of the last one to two seconds; nil before one second has passed.
  var recent: Interval? {
    guard seconds.count >= 2 else { return nil }
    return min(seconds[seconds.count - 1].least, seconds[seconds.count - 2].least)
  }
}
