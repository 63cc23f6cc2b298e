// SPDX-License-Identifier: Apache-2.0

/// Where the AAC frames of a foreign source go that are passed through: a pure state machine.
///
/// Coded frames cannot be stretched. So their places follow one another until media time has moved away by nine
/// sixteenths of a frame (12 ms at 48 kHz); then one is repeated or left out. What is missing for longer is silence.
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
  /// The place that comes next.
  package private(set) var next: Int64
  /// Whether the last frame that came stands just before it.
  private var isFollowing = false

  /// An aligner for a track with that many samples a second, which begins with AAC frame `first`.
  package init(sampleRate: Int32, from first: Int64) {
    self.sampleRate = sampleRate
    next = first
  }

  /// Says that nothing comes before the place `index` any more.
  ///
  /// - Returns: the places for which nothing came.
  package mutating func skip(to index: Int64) -> Range<Int64> {
    let missing = next..<max(next, index)
    next = missing.upperBound
    if !missing.isEmpty { isFollowing = false }
    return missing
  }

  /// Places the next frame, whose first sample belongs to `mediaTime`: nanoseconds since 1970, by a clock that follows
  /// the source's smoothly.
  package mutating func place(at mediaTime: Int64) -> Placement {
    let length = AudioSegmentation.samplesPerFrame
    let sample = Int64(
      floorDivide(Int128(mediaTime) * Int128(sampleRate) + 500_000_000, 1_000_000_000))
    let nearest = Int64(floorDivide(Int128(sample) + Int128(length / 2), Int128(length)))
    let error = sample - next * length
    // What comes after a gap begins at the place that is nearest to it.
    let slack = isFollowing ? 9 * length / 16 : length / 2
    if error < -slack {
      return Placement(missing: next..<next, isRepeat: false, index: nil)
    }
    let place = error > slack ? max(nearest, next + 1) : next
    let isRepeat = isFollowing && place == next + 1
    let missing = skip(to: place)
    next = place + 1
    isFollowing = true
    return Placement(missing: missing, isRepeat: isRepeat, index: place)
  }
}
