// SPDX-License-Identifier: Apache-2.0

package import Time

/// Decides which missing segments are requested from which twin, and when: a pure machine.
///
/// The oldest ones are requested first: the twin loses them first. Requests have a pace. A twin
/// that fails, or sends something else than media, is left alone for a time that grows to a minute,
/// and numbers that no twin has for a time that grows to an hour.
package struct Healing: Sendable {
  /// Missing segments of one rendition.
  package struct Hole: Sendable, Equatable {
    /// The name of the rendition.
    package let rendition: String
    /// Their numbers.
    package let numbers: ClosedRange<Int64>
  }

  /// Numbers that no twin has.
  private struct Absence {
    let hole: Hole
    let pause: Interval
    let end: MonotonicTime
  }

  private struct TwinState {
    /// How long it is left alone after a failure.
    var pause = DoublingPause(.seconds(1) ... .seconds(60))
    var retryTime = MonotonicTime.distantPast
    var isOut = false
    /// Whether it has failed in sending media, which only media can disprove.
    var owesMedia = false
  }

  /// How far back segments are healed.
  package static let lookBack = Interval.seconds(86_400)
  /// How long numbers that no twin has are not requested again.
  private static let absencePauses = Interval.seconds(30)...Interval.seconds(3600)
  /// The shortest time between the starts of two requests, which is twice that of the first one if
  /// that is longer: live media has half of a slow line.
  package static let pace = Interval.milliseconds(20)
  /// The most bytes per second.
  package static let rate: Int64 = 8_000_000
  /// The most segments that are requested before they are inserted.
  package static let batch: Int64 = 600
  /// The most ranges of numbers that are remembered as absent.
  private static let maximumAbsences = 512

  private var twins: [TwinState]
  private var absences: [Absence] = []
  private var nextRequest = MonotonicTime.distantPast

  /// A machine for this number of twins.
  package init(twins count: Int) { twins = Array(repeating: TwinState(), count: count) }

  /// The hole that is healed next, at most a batch of it; nil if none is.
  package mutating func next(_ holes: [Hole], now: MonotonicTime) -> Hole? {
    guard twins.contains(where: { $0.retryTime <= now }) else { return nil }
    var oldest: Hole?
    for hole in holes {
      let absent = absences.filter { $0.hole.rendition == hole.rendition && $0.end > now }
        .map(\.hole.numbers)
      guard let range = NumberRanges.subtracting(absent, from: [hole.numbers]).first,
        range.lowerBound < oldest?.numbers.lowerBound ?? .max
      else { continue }
      let last = min(range.upperBound, range.lowerBound.addingSaturated(Self.batch - 1))
      oldest = Hole(rendition: hole.rendition, numbers: range.lowerBound...last)
    }
    return oldest
  }

  /// Whether a twin may be asked.
  package func mayAsk(_ twin: Int, now: MonotonicTime) -> Bool {
    twins.indices.contains(twin) && twins[twin].retryTime <= now
  }

  /// The twins in the order in which they are asked: those without debts first.
  package var order: [Int] {
    twins.indices.filter { !twins[$0].owesMedia } + twins.indices.filter { twins[$0].owesMedia }
  }

  /// The time of the next request, which the caller makes then.
  package mutating func request(now: MonotonicTime) -> MonotonicTime {
    let time = max(now, nextRequest)
    nextRequest = time + Self.pace
    return time
  }

  /// A request that began at `start` has had a response of this size, or none.
  package mutating func finished(since start: MonotonicTime, bytes: Int, now: MonotonicTime) {
    let sending = Interval(ticks: Int64(clamping: bytes), timescale: Self.rate)
    // bounded: intervals saturate
    nextRequest = max(nextRequest, start + max(2 * (now - start), sending))
  }

  /// A twin has answered a request, which was for media or not.
  ///
  /// - Returns: whether an outage of it is over: numbers that were absent are requested again.
  package mutating func answered(_ twin: Int, withMedia isMedia: Bool) -> Bool {
    guard twins.indices.contains(twin), isMedia || !twins[twin].owesMedia else { return false }
    let isOver = twins[twin].isOut
    twins[twin] = TwinState()
    if isOver { absences = [] }
    return isOver
  }

  /// A twin has failed to answer a request, which was for media or not.
  ///
  /// - Returns: whether an outage of it has begun.
  package mutating func failed(
    _ twin: Int, withMedia isMedia: Bool, now: MonotonicTime
  ) -> Bool {
    guard twins.indices.contains(twin) else { return false }
    defer {
      twins[twin].isOut = true
      if isMedia { twins[twin].owesMedia = true }
      twins[twin].retryTime = now + twins[twin].pause.next()
    }
    return !twins[twin].isOut
  }

  /// No twin has these segments now.
  package mutating func absent(_ hole: Hole, now: MonotonicTime) {
    let before = absences.filter {
      $0.hole.rendition == hole.rendition && $0.hole.numbers.overlaps(hole.numbers)
    }
    // bounded: intervals saturate
    let longest = before.map(\.pause).max().map { 2 * $0 } ?? Self.absencePauses.lowerBound
    let pause = min(longest, Self.absencePauses.upperBound)
    absences.removeAll {
      $0.hole.rendition == hole.rendition && hole.numbers.contains($0.hole.numbers.lowerBound)
        && hole.numbers.contains($0.hole.numbers.upperBound)
    }
    absences = absences.suffix(Self.maximumAbsences - 1)
    absences.append(Absence(hole: hole, pause: pause, end: now + pause))
  }
}
