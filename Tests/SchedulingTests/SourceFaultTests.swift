// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing
import Time

@Suite("Sources that return, on a simulated clock")
struct SourceFaultTests {
  private static let second: Interval = 1_000_000_000
  private static let frameDuration: Interval = 33_333_333
  private static let slate = -2

  /// The format of timestamps, and whether the end of a source is seen.
  enum Kind: CaseIterable {
    case camera, rtsp, srt, rtmp, http

    /// Bits and ticks per second of the timestamps; nil for kernel time.
    var timestamps: (bits: Int, rate: Int64)? {
      switch self {
      case .camera: nil
      case .rtsp: (64, 90_000)
      case .srt, .http: (33, 90_000)
      case .rtmp: (32, 1000)
      }
    }
    /// Whether the end of the sender ends the connection.
    var isEndSeen: Bool { self != .srt }
    var isListener: Bool { self == .srt }
  }

  /// The fault of the source after ten seconds.
  enum Fault: CaseIterable {
    case killedForASecond, killedForHalfAMinute
    /// Stopped and continued: missed frames are dropped, or sent at once with their timestamps.
    case frozen, frozenAndCaughtUp, frozenForLong
    case timestampsReset, timestampsJump26Hours, timestampsWrap

    var away: Interval {
      switch self {
      case .killedForASecond: second
      case .killedForHalfAMinute: 30 * second
      case .frozen, .frozenAndCaughtUp: 3 * second
      case .frozenForLong: 8 * second
      case .timestampsReset, .timestampsJump26Hours, .timestampsWrap: 0
      }
    }
    var isKilled: Bool { self == .killedForASecond || self == .killedForHalfAMinute }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let kind: Kind
    let fault: Fault
    var testDescription: String { "\(kind), \(fault)" }
  }

  static let rows = Kind.allCases.flatMap { kind in
    // A camera has kernel timestamps: they do not jump, and old ones are ignored.
    Fault.allCases.filter { kind != .camera || $0.away > .zero && $0 != .frozenAndCaughtUp }
      .map { Row(kind: kind, fault: $0) }
  }

  /// A frame: its capture time, timestamp, arrival and connection.
  struct Arrival {
    let frame: Int
    let captured: MonotonicTime
    let ticks: Int64
    let at: MonotonicTime
    let connection: Int
  }

  @Test(
    "the grid continues, frames are back within one second, then none is lost", arguments: rows)
  func fault(_ row: Row) throws {
    var run = SlotSimulation(inputDelay: 15_000_000 + Self.frameDuration, slate: Self.slate)
    let begin = run.due(0)
    let broken = begin + 10 * Self.second
    let back = broken + row.fault.away
    let arrivals = Self.arrivals(row, from: begin, broken: broken, back: back)
    var clock = SourceClock()
    var unwrapper = TimestampUnwrapper()
    var aligner = SourceShift(run.segmentation.grid)
    var connection = 0
    for arrival in arrivals {
      while run.schedule.nextClosing <= arrival.at { run.close(at: run.schedule.nextClosing) }
      if arrival.connection != connection {
        connection = arrival.connection
        unwrapper = TimestampUnwrapper()
        clock.breakOff()
      }
      var captured = arrival.captured
      var aligned: MonotonicTime?
      if let timestamps = row.kind.timestamps {
        let pts = unwrapper.time(
          of: arrival.ticks, bits: timestamps.bits, numerator: 1, denominator: timestamps.rate)
        captured = clock.captureTime(pts: pts, arrival: arrival.at)
        aligned = aligner.align(captured, run.schedule.clock, mapping: clock.steps)
      }
      run.offer(arrival.frame, captured: captured, aligned: aligned, now: arrival.at)
    }

    let indices = run.frameIndices
    #expect(indices == Array(run.first..<run.first + Int64(indices.count)))
    #expect(run.announcements.isEmpty)
    let shown = run.slots.map(\.slot)
    // The last frame for one second, then the slate, until the source is back.
    for slot in shown where slot.due > broken + Self.second / 10 && slot.due < back {
      let isStale = slot.due > broken + Self.second + 3 * Self.frameDuration
      if isStale { #expect(slot.frame == Self.slate) }
      if slot.due < broken + 9 * Self.second / 10 { #expect(slot.frame >= 0) }
    }
    let firstBack = try #require(arrivals.first { $0.captured >= back }).frame
    let fresh = try #require(shown.first { $0.frame >= firstBack })
    #expect(fresh.due <= back + Self.second)
    // From one second later on each frame is shown once, with its capture time.
    let settled = shown.drop { $0.due < back + 2 * Self.second }
    #expect(settled.count > 60)
    for (one, two) in zip(settled, settled.dropFirst()) { #expect(two.frame == one.frame + 1) }
    let captures = Dictionary(uniqueKeysWithValues: arrivals.map { ($0.frame, $0.captured) })
    for slot in settled {
      let captured = try #require(captures[slot.frame])
      let said = MonotonicTime(slot.captured, minus: run.wallMinusMonotonic)
      #expect(abs(said - captured) <= 20_000_000)
      #expect(said != slot.due, "a repeat")
    }
  }

  /// All frames, in order of arrival.
  static func arrivals(
    _ row: Row, from begin: MonotonicTime, broken: MonotonicTime, back: MonotonicTime
  ) -> [Arrival] {
    let end = back + 6 * second
    var random = SplitMix64(seed: 3)
    var arrivals: [Arrival] = []
    let connected = row.fault.isKilled ? reconnection(row.kind, broken, back) : nil
    var index: Int64 = 0
    while true {
      var captured = begin + 7_000_000 + index * frameDuration
      defer { index += 1 }
      guard captured < end else { break }
      let isAfter = captured >= back
      if captured >= broken, captured < back {
        guard row.fault == .frozenAndCaughtUp else { continue }
      }
      if let connected, isAfter, captured < connected { continue }
      var at = captured + 3_000_000 + .nanoseconds(Int64(random.next() % 12_000_000))
      if captured >= broken, captured < back {
        // Sent when the sender continues: one frame per millisecond.
        at = back + .milliseconds((captured - broken).count(of: frameDuration))
        captured = min(captured, at)
      }
      at = max(at, arrivals.last?.at ?? .origin)
      arrivals.append(
        Arrival(
          frame: Int(index), captured: captured,
          ticks: ticks(row, captured, begin: begin, broken: broken, back: back), at: at,
          connection: connected != nil && isAfter ? 1 : 0))
    }
    return arrivals
  }

  /// The timestamp of a frame captured at `captured`.
  private static func ticks(
    _ row: Row, _ captured: MonotonicTime, begin: MonotonicTime, broken: MonotonicTime,
    back: MonotonicTime
  ) -> Int64 {
    guard let (bits, rate) = row.kind.timestamps else { return 0 }
    let round = bits < 63 ? Int64(1) << Int64(bits) : .max
    var time = captured - begin
    var start: Int64 = 5 * rate
    if captured >= broken {
      switch row.fault {
      case .killedForASecond, .killedForHalfAMinute: time = captured - back
      case .frozen, .frozenForLong: time -= back - broken
      case .frozenAndCaughtUp: break
      case .timestampsReset:
        time = captured - broken
        start = 0
      case .timestampsJump26Hours: time += .seconds(26 * 3600)
      case .timestampsWrap: break
      }
    }
    if row.fault == .timestampsWrap { start = round == .max ? 1 << 40 : round - 11 * rate }
    let ticks = start + time.microseconds * rate / 1_000_000
    return round == .max ? ticks : ticks % round
  }

  /// When a killed source supplies frames again.
  private static func reconnection(
    _ kind: Kind, _ broken: MonotonicTime, _ back: MonotonicTime
  ) -> MonotonicTime {
    if !kind.isEndSeen {
      // The second connection is opened after one second of silence.
      return max(back, broken + SilenceLimit.least) + 50_000_000
    }
    var plan = RetryPlan(isListener: kind.isListener)
    plan.succeeded()
    var attempt = broken
    while attempt < back { attempt = plan.failed(at: attempt) }
    return attempt + 50_000_000
  }
}

@Suite("The times at which a missing source is retried")
struct RetryPlanTests {
  @Test("every half second for one minute, then at doubled intervals up to five seconds")
  func plan() {
    var plan = RetryPlan(isListener: false)
    var now = MonotonicTime.at(1)
    var pauses: [Int64] = []
    for _ in 0..<140 {
      let next = plan.failed(at: now)
      pauses.append((next - now).milliseconds)
      now = next
    }
    #expect(pauses.prefix(121).allSatisfy { $0 == 500 })
    #expect(Array(pauses[121..<126]) == [1000, 2000, 4000, 5000, 5000])
    plan.succeeded()
    #expect(plan.failed(at: now) == now + .milliseconds(500))
  }

  @Test("a listener retries after 20 ms")
  func listener() {
    var plan = RetryPlan(isListener: true)
    for seconds in stride(from: Int64(0), to: 100, by: 5) {
      #expect(plan.failed(at: .at(seconds)) == .at(seconds) + .milliseconds(20))
    }
  }
}
