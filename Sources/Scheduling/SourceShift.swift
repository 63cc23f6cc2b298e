// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// Moves a source's frames to successive frame times, and its audio with them; pure.
///
/// A frame belongs to the frame time nearest to its capture time, up to half a frame away. If audio
/// kept its capture time, the two could be more than a frame apart, because AAC frames have a grid
/// of their own. So all capture times of a source are moved by one amount, which puts its frames on
/// frame times. A foreign clock lets them drift from there; they keep their frame times until they
/// are more than a twentieth of a frame past the middle, since near the middle small movements of
/// the mapping would double and drop frames. After a frame has changed its frame time against the
/// others the move gains nothing, and is taken back slowly.
package struct SourceShift: Sendable {
  /// The speed at which the move is taken back; parts per million.
  private static let relaxation: Int64 = 100

  /// The move of the source's capture times; at most three eighths of a frame.
  package private(set) var phase = Interval.zero

  private let grid: FrameGrid
  /// The last frame: its index, and the moved capture time for which the index was chosen.
  private var last: (frameIndex: Int64, moved: MonotonicTime)?
  private var isDrifting = false
  /// The mapping for which ``phase`` was chosen.
  private var mapping: Int?

  /// A shift to the frame times of `grid`.
  package init(_ grid: FrameGrid) { self.grid = grid }

  /// The time by which a frame's index is chosen.
  ///
  /// It is the capture time moved by ``phase``, and by at most a twentieth of a frame to the near
  /// side of the middle.
  /// - Parameters:
  ///   - captured: the capture time.
  ///   - clock: the times at which frames are due.
  ///   - mapping: the number of steps of the source's timestamp mapping so far.
  /// - Returns: the time whose nearest frame time is that of the frame.
  package mutating func align(
    _ captured: MonotonicTime, _ clock: StreamClock, mapping: Int
  ) -> MonotonicTime {
    let isNew = mapping != self.mapping
    self.mapping = mapping
    if isNew { chooseMove(captured, clock) } else { relax(captured) }
    let period = grid.rate.frameDuration
    let moved = captured + phase
    let nearest = clock.frame(nearest: moved, on: grid)
    var chosen = (frameIndex: nearest, aligned: moved)
    if let last {
      let steps = (moved - last.moved + period / 2).count(of: period)
      let expected = last.frameIndex + steps
      if abs(expected - nearest) == 1 {
        let due = clock.due(expected, on: grid)
        if (moved - due).magnitude <= period / 2 + period / 20 {
          let edge = period / 2 - .microseconds(1)
          chosen = (expected, min(max(moved, due - edge), due + edge))
        }
      }
      if chosen.frameIndex != expected, !isNew { isDrifting = true }
    }
    last = (chosen.frameIndex, moved)
    return chosen.aligned
  }

  /// Chooses the smallest move to a frame time.
  ///
  /// At half a frame an eighth remains, so that frames drifting on from there stay less than a
  /// frame from their capture.
  private mutating func chooseMove(_ captured: MonotonicTime, _ clock: StreamClock) {
    let period = grid.rate.frameDuration
    let moved = captured + phase
    phase += clock.due(clock.frame(nearest: moved, on: grid), on: grid) - moved
    if phase > period / 2 { phase -= period }
    if phase < -period / 2 { phase += period }
    let most = period / 2 - period / 8
    phase = min(max(phase, -most), most)
    isDrifting = false
  }

  private mutating func relax(_ captured: MonotonicTime) {
    guard isDrifting, let last else { return }
    // bounded: intervals saturate
    let most = max(.zero, captured + phase - last.moved) * Self.relaxation / 1_000_000
    phase -= min(max(phase, -most), most)
  }
}
