// SPDX-License-Identifier: Apache-2.0

package import Time

/// Counts the irregular timestamps of a live source of constant rate: a pure state machine.
///
/// ``FramePrediction`` numbers the frames; the error of a timestamp is its distance from its frame.
/// A single error of more than half a frame is a displaced timestamp. Errors that change and stay
/// are a step, as sender reports of RTCP with another clock make them.
package struct TimestampWatch: Sendable {
  /// The time in which displaced timestamps are counted.
  package static let span = Interval.seconds(60)
  /// The least step that is no jitter.
  private static let minimumStep = Interval.milliseconds(8)
  /// The errors before and after the one that is judged.
  private static let side = 5
  /// The most displaced timestamps that are kept.
  private static let mostKept = 3600

  private let frame: Interval
  private var prediction: FramePrediction
  /// The newest timestamp, and its error.
  private var newest: (pts: SourceTime, error: Interval)?
  /// The newest errors, oldest first.
  private var errors: [Interval] = []
  /// The arrivals of displaced timestamps within ``span``.
  private var displaced: [MonotonicTime] = []
  /// The largest step lately, and its time.
  private var largest: (size: Interval, at: MonotonicTime)?
  /// The first and the newest arrival.
  private var observed: (from: MonotonicTime, to: MonotonicTime)?

  /// A watch of a source at `rate`.
  package init(_ rate: FrameRate) {
    frame = rate.frameDuration
    prediction = FramePrediction(rate)
  }

  /// Takes the timestamp of the next access unit in decoding order, and its arrival.
  package mutating func take(_ pts: SourceTime, arrival: MonotonicTime) {
    observed = (observed?.from ?? arrival, arrival)
    guard let newest else { return restart(pts, arrival) }
    let count: Int64
    switch prediction.place(pts, arrival: arrival) {
    case .frames(let frames): count = frames
    case .displaced: count = 1
    case .gap, .jump: return restart(pts, arrival)
    }
    // bounded: intervals saturate
    let error = newest.error + (pts - newest.pts - frame * count)
    self.newest = (pts, error)
    append(error, arrival)
    if prediction.hasJumped || prediction.isLost { restart(pts, arrival) }
  }

  /// Displaced timestamps per minute; those of a shorter observation are extrapolated from 10 s on.
  package func displacedPerMinute(at now: MonotonicTime) -> Int {
    let count = displaced.count { now - $0 < Self.span }
    guard let observed, observed.to - observed.from < Self.span else { return count }
    let milliseconds = max((observed.to - observed.from).milliseconds, 10_000)
    // bounded: at most `mostKept`, times a constant
    return Int(Int64(count) * 60_000 / milliseconds)
  }

  /// The largest step of the last minute; zero if there was none.
  package func step(at now: MonotonicTime) -> Interval {
    largest.flatMap { now - $0.at < Self.span ? $0.size : nil } ?? .zero
  }

  private mutating func restart(_ pts: SourceTime, _ arrival: MonotonicTime) {
    prediction.begin(pts, arrival: arrival)
    (newest, errors) = ((pts, .zero), [])
  }

  private mutating func append(_ error: Interval, _ arrival: MonotonicTime) {
    errors.append(error)
    // bounded: a constant
    guard errors.count > 2 * Self.side else { return }
    defer { errors.removeFirst() }
    guard let least = errors.min(), let most = errors.max(), most - least >= Self.minimumStep
    else { return }
    let judged = errors[Self.side]
    let before = errors[..<Self.side].sorted(), after = errors[(Self.side + 1)...].sorted()
    let (former, next) = (before[Self.side / 2], after[Self.side / 2])
    if min((judged - former).magnitude, (judged - next).magnitude) > frame / 2 { note(arrival) }
    let step = (next - former).magnitude
    guard step >= Self.minimumStep else { return }
    let isSteady = [before, after].allSatisfy { half in
      // The second and the last but one: one displaced timestamp is no jitter.
      half[Self.side - 2] - half[1] <= step / 3
    }
    // Steps of whole frames are lost frames.
    // bounded: intervals saturate
    let remainder = step - frame * step.count(of: frame)
    guard isSteady, min(remainder, frame - remainder) >= Self.minimumStep / 2 else { return }
    if largest.map({ step >= $0.size || arrival - $0.at >= Self.span }) ?? true {
      largest = (step, arrival)
    }
  }

  private mutating func note(_ arrival: MonotonicTime) {
    displaced = displaced.suffix(Self.mostKept - 1).filter { arrival - $0 < Self.span } + [arrival]
  }
}
