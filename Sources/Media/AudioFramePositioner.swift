// SPDX-License-Identifier: Apache-2.0

package import Time

/// Positions of copied audio frames of a foreign source: a pure state machine.
///
/// Coded frames cannot be stretched. Positions are consecutive until media time deviates by nine
/// sixteenths of a frame (12 ms at 48 kHz); then one frame is repeated or dropped. A longer gap is
/// silence.
package struct AudioFramePositioner: Sendable {
  /// The frames to publish for one received frame.
  package struct Placement: Sendable, Hashable {
    /// The positions before it that received no frame.
    package let missing: Range<Int64>
    /// Whether `missing` is a single position caused by the source's slow clock: repeat the
    /// received frame.
    ///
    /// Otherwise publish silence.
    package let isRepeat: Bool
    /// The position of the received frame; nil if it is dropped.
    package let index: Int64?
  }

  private let sampleRate: Int32
  /// Samples in a frame.
  private let length: Int64
  /// The next position.
  package private(set) var next: Int64
  /// Whether the last received frame is at the position before `next`.
  private var isFollowing = false

  /// An aligner for a track of `sampleRate` Hz, with frames of `length` samples, that starts with
  /// frame `first`.
  package init(
    sampleRate: Int32, length: Int64 = AudioSegmentation.samplesPerAACFrame, from first: Int64
  ) {
    self.sampleRate = sampleRate
    self.length = length
    next = first
  }

  /// Skips the positions before `index`, for which no frame will arrive.
  ///
  /// - Returns: the skipped positions.
  package mutating func skip(to index: Int64) -> Range<Int64> {
    let missing = next..<max(next, index)
    next = missing.upperBound
    if !missing.isEmpty { isFollowing = false }
    return missing
  }

  /// Positions the next frame.
  ///
  /// `mediaTime` is the time of its first sample, from a clock that follows the source smoothly.
  package mutating func place(at mediaTime: MediaTime) -> Placement {
    let sample = Int64(
      floorDivide(
        Int128(mediaTime.nanoseconds) * Int128(sampleRate) + 500_000_000, 1_000_000_000))
    let nearest = Int64(floorDivide(Int128(sample) + Int128(length / 2), Int128(length)))
    let error = sample - next * length  // bounded: samples of times that can be expressed
    // A frame after a gap takes the position nearest to its time.
    // bounded: samples of times that can be expressed
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
