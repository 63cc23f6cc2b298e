/// Where the AAC frames of a foreign source go that are passed through: a pure state machine.
///
/// Coded frames cannot be stretched. So their places follow one another until media time has moved away by three
/// quarters of a frame (16 ms at 48 kHz); then one is repeated or left out. What is missing for longer is silence.
package struct AudioFrameAligner: Sendable {
  /// What is to be published for one frame that came.
  package struct Placement: Sendable, Hashable {
    /// Places before it for which nothing came.
    package let missing: Range<Int64>
    /// Whether these are a single frame, made up by the source's slow clock: repeat what came; else silence.
    package let isRepeat: Bool
    /// Its own place; nil where it is one too many.
    package let index: Int64?
  }

  private let sampleRate: Int32
  /// The place that comes next; nil before the first.
  package private(set) var next: Int64?

  /// An aligner that has seen nothing, for a track with that many samples a second.
  package init(sampleRate: Int32) { self.sampleRate = sampleRate }

  /// Places the next frame, whose first sample belongs to `mediaTime`: nanoseconds since 1970, by a clock that follows
  /// the source's smoothly.
  package mutating func place(at mediaTime: Int64) -> Placement {
    let length = AudioCadence.samplesPerFrame
    let sample = Int64(
      floorDivide(Int128(mediaTime) * Int128(sampleRate) + 500_000_000, 1_000_000_000))
    let nearest = Int64(floorDivide(Int128(sample) + Int128(length / 2), Int128(length)))
    guard let next else {
      self.next = nearest + 1
      return Placement(missing: nearest..<nearest, isRepeat: false, index: nearest)
    }
    let error = sample - next * length
    if error < -3 * length / 4 {
      return Placement(missing: next..<next, isRepeat: false, index: nil)
    }
    let place = error > 3 * length / 4 ? max(nearest, next + 1) : next
    self.next = place + 1
    return Placement(missing: next..<place, isRepeat: place == next + 1, index: place)
  }
}
