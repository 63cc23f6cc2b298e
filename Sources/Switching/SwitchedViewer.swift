// SPDX-License-Identifier: Apache-2.0

import Statistics
import Time

/// The server's choice of a rendition for each segment of one viewer over HTTP: a pure state
/// machine.
///
/// The viewer is late if its socket acknowledges bytes late, if its distance to the live edge grows
/// from segment to segment, or if its player reports an empty or shrinking buffer. The absolute
/// distance to the live edge has no effect. ``AutomaticRendition`` is the hysteresis, which
/// viewers over WebSockets share.
struct SwitchedViewer: Sendable {
  /// How late bytes may be acknowledged.
  private static let tolerance = Interval.milliseconds(300)
  /// The time after which a measured rate has no effect.
  private static let memory = Interval.seconds(20)
  /// The number of segments whose renditions are kept.
  private static let capacity = 16

  private var choice: AutomaticRendition
  /// The newest choices, the newest one last.
  private var chosen: [(segment: Int64, rendition: Int)] = []
  private(set) var seenAt: MonotonicTime
  /// The newest segments in which the viewer was late, and severely so.
  private var late = (segment: Int64.min, severe: Int64.min)
  /// A recent rate, in bit/s: the connection has at least this rate.
  private var proven: (rate: Int64, at: MonotonicTime)?
  /// The newest rate of a delivery that the connection has delayed, in bit/s.
  private var limit: (rate: Int64, at: MonotonicTime)?
  /// The throughput that the player has measured, in bit/s.
  private var reported: (rate: Int64, at: MonotonicTime)?
  /// The distance to the live edge from which growth counts.
  private var lag: Interval?
  /// The usual and the newest length of the buffer, in milliseconds.
  private var buffer: (usual: Double, newest: Double)?

  /// A viewer without a choice.
  init(_ ladder: SwitchedLadder, now: MonotonicTime) {
    choice = AutomaticRendition(now: now, index: ladder.start)
    seenAt = now
  }

  /// The rendition of the newest chosen segment.
  var newest: Int? { chosen.last?.rendition }

  // MARK: Choice

  /// The rendition of a segment: the same one each time the segment is requested, while that
  /// rendition has it.
  ///
  /// - Parameters:
  ///   - segment: the number of the segment.
  ///   - distance: the time from the start of the segment to the live edge.
  ///   - duration: the duration of a segment.
  ///   - ladder: the renditions.
  ///   - now: the present time.
  /// - Returns: the index of the rendition.
  mutating func choose(
    _ segment: Int64, distance: Interval, duration: Interval, of ladder: SwitchedLadder,
    now: MonotonicTime
  ) -> Int {
    seenAt = now
    if let index = chosen.lastIndex(where: { $0.segment == segment }) {
      // A rendition that is missing since then never has the segment.
      chosen[index].rendition = ladder.available(at: chosen[index].rendition)
      return chosen[index].rendition
    }
    follow(distance, duration, segment, ladder, now)
    if mayRaise(ladder, now) { choice.step(now, isProven: isProven(ladder, now)) }
    let rendition = ladder.available(at: choice.index)
    if chosen.count == Self.capacity { chosen.removeFirst() }
    chosen.append((segment, rendition))
    return rendition
  }

  /// A rate in favour of the next higher rendition.
  private func isProven(_ ladder: SwitchedLadder, _ now: MonotonicTime) -> Bool {
    guard choice.index > 0, let proven, now - proven.at <= Self.memory else { return false }
    return proven.rate / 7 * 5 >= ladder.bandwidths[choice.index - 1]
  }

  /// Whether no measurement speaks against the next higher rendition.
  private func mayRaise(_ ladder: SwitchedLadder, _ now: MonotonicTime) -> Bool {
    guard choice.index > 0, choice.index < ladder.count else { return false }
    // A connection that has become faster has shown so since.
    let isFaster = isProven(ladder, now) && (proven?.at ?? now) > (limit?.at ?? now)
    if let limit, now - limit.at <= Self.memory, !isFaster,
      limit.rate / 6 * 5 < ladder.bandwidths[choice.index - 1]
    {
      return false
    }
    // Players measure too little if they read at the rate of the media: only less than that counts.
    if let reported, now - reported.at <= Self.memory,
      reported.rate < ladder.bandwidths[choice.index] / 5 * 4
    {
      return false
    }
    guard let buffer else { return true }
    return buffer.newest >= buffer.usual * 0.8
  }

  /// Counts growth of the distance to the live edge between successive segments.
  private mutating func follow(
    _ distance: Interval, _ duration: Interval, _ segment: Int64, _ ladder: SwitchedLadder,
    _ now: MonotonicTime
  ) {
    defer { lag = min(lag ?? distance, distance) }
    guard let lag, chosen.last?.segment == segment - 1 else { return self.lag = distance }
    // bounded: intervals saturate
    guard distance - lag >= duration * 3 / 2 else { return }
    self.lag = distance
    // A player that jumps back is not late.
    // bounded: intervals saturate
    guard distance - lag <= duration * 5 else { return }
    isLate(segment, rate: nil, isSevere: false, ladder, now)
  }

  // MARK: Evidence

  /// Bytes were delivered, or are under way for some time.
  ///
  /// - Returns: whether they are late, severely so if they are under way.
  mutating func observe(
    _ measurement: DeliveryMeasurement, of ladder: SwitchedLadder, now: MonotonicTime
  ) -> Bool {
    guard ladder.bandwidths.indices.contains(measurement.rendition) else { return true }
    learnRate(measurement, now)
    let bits = Int64(clamping: measurement.bytes).multipliedSaturated(by: 8)
    let media = Interval(
      ticks: bits, timescale: max(1, ladder.bandwidths[measurement.rendition]))
    // bounded: intervals saturate
    let allowed = max(Self.tolerance, media * 9 / 10) + measurement.roundTrip
    // bounded: intervals saturate
    let isSevere = measurement.elapsed > allowed * 2
    guard measurement.elapsed > allowed else { return false }
    // Bytes of a higher rendition were chosen before the last change.
    if measurement.rendition >= choice.index {
      isLate(
        measurement.segment, rate: limit.flatMap { $0.at == now ? $0.rate : nil },
        isSevere: isSevere, ladder, now)
    }
    return isSevere || measurement.isComplete
  }

  private mutating func learnRate(_ measurement: DeliveryMeasurement, _ now: MonotonicTime) {
    let known = measurement.rate
    // Few bytes show little: a lower rate does not replace a much higher one at once.
    if known > 0, known >= (proven?.rate ?? 0) / 2 || now - (proven?.at ?? now) > Self.memory {
      proven = (known, now)
    }
    // bounded: intervals saturate
    let usual = measurement.roundTrip * 2 + .milliseconds(100)
    let isLarge = measurement.bytes >= 16 * 1024
    guard measurement.elapsed > usual else {
      if isLarge, measurement.isComplete { limit = nil }
      return
    }
    if !measurement.isLowerBound, known > 0 {
      limit = (measurement.isComplete ? max(known, measurement.ownRate) : known, now)
    } else if isLarge, measurement.isComplete {
      limit = (max(known, measurement.ownRate), now)
    }
  }

  /// The player has reported its state with a request for `segment`.
  mutating func take(
    _ report: CMCDReport, _ segment: Int64, of ladder: SwitchedLadder, now: MonotonicTime
  ) {
    if let kilobits = report.throughputKilobits {
      // bounded: at most 10^7
      let rate = (Int64(exactly: kilobits.rounded()) ?? 0).multipliedSaturated(by: 1000)
      reported = (rate, now)
    }
    if report.starved, !report.startup {
      isLate(segment, rate: nil, isSevere: false, ladder, now)
    }
    guard let length = report.bufferMilliseconds, !report.startup else { return }
    guard let before = buffer else { return buffer = (length, length) }
    if length < before.usual / 2, before.newest < before.usual / 2 {
      isLate(segment, rate: nil, isSevere: false, ladder, now)
    }
    buffer = (before.usual + (length - before.usual) / 8, length)
  }

  /// Counts a segment in which the viewer was late, once, and once more if it was severely late.
  private mutating func isLate(
    _ segment: Int64, rate: Int64?, isSevere: Bool, _ ladder: SwitchedLadder, _ now: MonotonicTime
  ) {
    guard segment > late.segment || isSevere && segment > late.severe else { return }
    late.segment = max(late.segment, segment)
    if isSevere { late.severe = max(late.severe, segment) }
    proven = nil
    choice.late(
      now: now, of: ladder.count, to: rate.map { ladder.highest(fitting: $0) } ?? 0,
      isSevere: isSevere)
  }
}
