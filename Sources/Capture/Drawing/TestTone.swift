// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Time

/// The test source's audio: a tone of 1 kHz for 100 ms from each whole UTC second, else silence.
///
/// Each sample is a function of its position alone, so the tone neither drifts nor depends on block
/// sizes.
package struct TestTone: Sendable {
  /// The sample rate in Hz.
  package let sampleRate: Int32
  /// The number of channels; all carry the same samples.
  package let channels: Int
  /// The samples of the tone, from a whole second on.
  private let beep: [Float]

  /// Half of full scale: no decoder clips it.
  private static let amplitude = 0.5

  /// The tone at a sample rate in Hz.
  package init(sampleRate: Int32 = 48_000, channels: Int = 2) {
    self.sampleRate = sampleRate
    self.channels = channels
    let step = 2 * Double.pi * 1000 / Double(sampleRate)
    // The samples whose time is less than 100 ms after the second.
    beep = (0..<(Int(sampleRate) + 9) / 10).map { Float(Self.amplitude * sin(step * Double($0))) }
  }

  /// The audio from the sample `position` since 1970 on.
  ///
  /// - Parameters:
  ///   - position: the position of the first sample.
  ///   - count: the number of samples per channel.
  ///   - announced: the announced offset of the wall clock from media time: the seconds of the
  ///     tone, the flash and the burned clock are the wall clock's.
  /// - Returns: `count` samples.
  package func audio(from position: Int64, count: Int, announced: Interval = .zero) -> PCMBlock {
    let rate = Int64(sampleRate)
    let (seconds, rest) = announced.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let shift = seconds * rate + rest * rate / 1_000_000_000
    var plane = [Float](repeating: 0, count: count)
    var position = (position + shift) % rate
    if position < 0 { position += rate }
    for index in 0..<count {
      if position < beep.count { plane[index] = beep[Int(position)] }
      position += 1
      if position == rate { position = 0 }
    }
    return PCMBlock(planes: Array(repeating: plane, count: channels))
  }
}
