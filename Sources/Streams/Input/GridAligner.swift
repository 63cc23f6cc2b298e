// SPDX-License-Identifier: Apache-2.0

import Media

/// Keeps a source's pictures on successive ticks, and its sound with them: a pure state machine.
///
/// A picture belongs to the tick nearest to its capture time, up to half a frame away, while sound stays where it was:
/// with coded frames of sound, which have a grid of their own, the two would be more than a frame apart. So all
/// capture times of a source are moved alike, until its pictures lie on ticks. A foreign clock lets them drift off again;
/// they stay with the ticks they have while they are less than a twentieth of a frame beyond the middle, since half-way
/// between ticks small movements of the mapping would let pictures double and vanish. Where a picture had to change its
/// tick against the others, nothing is gained by the move any more, and it is taken back.
struct GridAligner: Sendable {
  /// How fast the move is taken back; parts per million.
  private static let relaxation: Int64 = 100

  /// By how much the source's capture times are moved; nanoseconds, at most three eighths of a frame.
  private(set) var phase: Int64 = 0

  private let grid: FrameGrid
  /// The last picture: a tick's number and the time, moved, for which it was chosen.
  private var last: (frame: Int64, moved: Int64)?
  private var isDrifting = false
  /// The mapping for which ``phase`` was chosen.
  private var mapping: Int?

  init(_ grid: FrameGrid) { self.grid = grid }

  /// The time for which a picture's tick is chosen: that of its capture, moved by ``phase``, and by at most a twentieth of
  /// a frame to the near side of the middle.
  ///
  /// - Parameters:
  ///   - captured: monotonic nanoseconds.
  ///   - clock: which frame is due when.
  ///   - mapping: how often the mapping of the source's stamps has stepped.
  /// - Returns: monotonic nanoseconds.
  mutating func place(_ captured: Int64, _ clock: StreamClock, mapping: Int) -> Int64 {
    let isNew = mapping != self.mapping
    self.mapping = mapping
    if isNew { align(captured, clock) } else { relax(captured) }
    let period = grid.rate.frameNanoseconds
    let moved = captured + phase
    let nearest = clock.frame(nearest: moved, on: grid)
    var chosen = (frame: nearest, placed: moved)
    if let last {
      let steps = (moved - last.moved + period / 2) / period
      let expected = last.frame + steps
      if abs(expected - nearest) == 1 {
        let due = clock.due(expected, on: grid)
        if abs(moved - due) <= period / 2 + period / 20 {
          let edge = period / 2 - 1000
          chosen = (expected, min(max(moved, due - edge), due + edge))
        }
      }
      if chosen.frame != expected, !isNew { isDrifting = true }
    }
    last = (chosen.frame, moved)
    return chosen.placed
  }

  /// Moves the least that puts a picture on a tick; where that is half a frame, an eighth remains, so that what drifts on
  /// from there is less than a frame from its capture.
  private mutating func align(_ captured: Int64, _ clock: StreamClock) {
    let period = grid.rate.frameNanoseconds
    let moved = captured + phase
    phase += clock.due(clock.frame(nearest: moved, on: grid), on: grid) - moved
    if phase > period / 2 { phase -= period }
    if phase < -period / 2 { phase += period }
    let most = period / 2 - period / 8
    phase = min(max(phase, -most), most)
    isDrifting = false
  }

  private mutating func relax(_ captured: Int64) {
    guard isDrifting, let last else { return }
    let most = max(0, captured + phase - last.moved) * Self.relaxation / 1_000_000
    phase -= min(max(phase, -most), most)
  }
}
