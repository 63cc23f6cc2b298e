// SPDX-License-Identifier: Apache-2.0

package import Time

/// The clock by which the ages of hours are counted: a pure machine.
///
/// It runs with a clock that never steps, while the program runs, and approaches the wall clock by
/// at most one more hour per hour. So it shows at most twice the time that has passed, and neither
/// a start of the program nor a step of the wall clock makes more hours too old than that.
package struct AgeClock: Sendable, Equatable {
  /// Media that was written while the wall clock was behind this clock.
  package struct Late: Sendable, Equatable {
    /// The wall clock meanwhile.
    package fileprivate(set) var span: Range<WallTime>
    /// The time of this clock, from which the media ages.
    package fileprivate(set) var written: WallTime
  }

  /// The distance of the wall clock that is reported.
  package static let tolerance = Interval.seconds(3600)
  /// How much later media may be dated than the last reading.
  private static let margin = Interval.seconds(120)
  /// The most spans; then the oldest two become one, with the later time.
  private static let maximumLate = 32

  /// The time by which ages are counted.
  package private(set) var time: WallTime
  /// The media that would be too old at once if the wall clock moved forwards.
  package private(set) var late: [Late]
  /// The last reading of the clock that never steps.
  private var last: MonotonicTime?

  /// A clock that shows `time`.
  package init(_ time: WallTime, late: [Late] = []) {
    (self.time, self.late) = (time, late)
  }

  /// The first clock of a folder, whose newest media ends at `newest`; nil without media.
  ///
  /// A wall clock that is later may be wrong.
  package init(wall: WallTime, newest: WallTime?) { self.init(min(wall, newest ?? wall)) }

  /// Reads the clocks.
  ///
  /// - Parameters:
  ///   - wall: the wall clock.
  ///   - now: the clock that never steps.
  package mutating func advance(wall: WallTime, at now: MonotonicTime) {
    let elapsed = max(.zero, now - (last ?? now))
    last = now
    time = max(time, min(wall, time + elapsed + elapsed))
    if time - wall > Self.tolerance { note(wall) }
  }

  /// How far the wall clock is ahead; negative if it is behind.
  package func distance(of wall: WallTime) -> Interval { wall - time }

  /// The time from which media ages that is dated `end`.
  package func age(from end: WallTime) -> WallTime {
    late.lazy.filter { $0.span.lowerBound <= end && end <= $0.span.upperBound }
      .map(\.written).reduce(end, max)
  }

  /// The wall clock is far behind: media that is written now is not old.
  private mutating func note(_ wall: WallTime) {
    let span = wall - Self.margin..<wall + Self.margin
    if let index = late.indices.last, late[index].written == time,
      late[index].span.overlaps(span)
    {
      let known = late[index].span
      late[index].span =
        min(known.lowerBound, span.lowerBound)..<max(known.upperBound, span.upperBound)
    } else {
      late.append(Late(span: span, written: time))
    }
    guard late.count > Self.maximumLate else { return }
    let (first, second) = (late[0], late[1])
    let joined =
      min(
        first.span.lowerBound, second.span.lowerBound)..<max(
        first.span.upperBound, second.span.upperBound)
    late[..<2] = [Late(span: joined, written: max(first.written, second.written))]
  }
}

/// The content of the file that keeps the clock.
extension AgeClock {
  private static let mark = "ages"

  /// Reads the lines that ``text`` has; nil if they are not whole.
  package init?(_ text: String) {
    let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
    // The last line has the sum of the others: a damaged digit may be another date.
    guard let first = lines.first, first.count == 2, first[0] == Self.mark,
      let time = Int64(first[1]), lines.last == ["sum", Substring(Self.sum(lines.dropLast()))]
    else { return nil }
    var late: [Late] = []
    for line in lines.dropFirst().dropLast() {
      let numbers = line.dropFirst().compactMap { Int64($0) }
      guard line.first == "late", numbers.count == 3, numbers[0] < numbers[1] else { return nil }
      let times = numbers.map { WallTime.origin + .milliseconds($0) }
      guard times[0] < times[1] else { return nil }
      late.append(Late(span: times[0]..<times[1], written: times[2]))
    }
    self.init(.origin + .milliseconds(time), late: Array(late.suffix(Self.maximumLate)))
  }

  /// Lines with milliseconds since 1970.
  package var text: String {
    var lines = ["\(Self.mark) \(time.milliseconds)"]
    for one in late {
      lines.append(
        "late \(one.span.lowerBound.milliseconds) \(one.span.upperBound.milliseconds) "
          + "\(one.written.milliseconds)")
    }
    let sum = Self.sum(lines.map { $0.split(separator: " ") }[...])
    return (lines + ["sum \(sum)"]).joined(separator: "\n") + "\n"
  }

  /// FNV-1a with 32 bits: finds damage, not attacks.
  private static func sum(_ lines: ArraySlice<[Substring]>) -> String {
    let words = lines.flatMap { $0 + ["\n"] }.joined(separator: " ")
    // bounded: a hash wraps
    return "\(words.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 })"
  }
}
