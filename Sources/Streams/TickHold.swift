import Media

/// Keeps a source's pictures on successive ticks where their capture times lie half-way between two.
///
/// A picture belongs to the nearest tick. The mapping of a foreign clock moves by microseconds, and half-way between
/// ticks that would let pictures double and vanish; so they stay with the ticks they have while they are less than a
/// twentieth of a frame beyond the middle.
struct TickHold: Sendable {
  private let grid: FrameGrid
  /// The last picture's distance from its tick, as a tick's number and what it was captured.
  private var last: (frame: Int64, captured: Int64)?

  init(_ grid: FrameGrid) { self.grid = grid }

  /// The capture time, moved by at most a twentieth of a frame to the near side of the middle.
  ///
  /// - Parameters:
  ///   - captured: monotonic nanoseconds.
  ///   - clock: which frame is due when.
  /// - Returns: monotonic nanoseconds.
  mutating func captured(_ captured: Int64, _ clock: StreamClock) -> Int64 {
    let period = grid.rate.frameNanoseconds
    let nearest = clock.frame(nearest: captured, on: grid)
    var chosen = (frame: nearest, captured: captured)
    if let last {
      let steps = (captured - last.captured + period / 2) / period
      let expected = last.frame + steps
      if abs(expected - nearest) == 1 {
        let due = clock.due(expected, on: grid)
        if abs(captured - due) <= period / 2 + period / 20 {
          let edge = period / 2 - 1000
          chosen = (expected, min(max(captured, due - edge), due + edge))
        }
      }
    }
    last = (chosen.frame, captured)
    return chosen.captured
  }
}
