// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The test source's sound: a tone of 1 kHz for 100 ms from each whole UTC second, else silence.
///
/// It is a function of the sample's place alone, so it neither drifts nor depends on how it is cut into blocks.
package struct TestTone: Sendable {
  /// Samples a second.
  package let sampleRate: Int32
  /// How many channels sound alike.
  package let channels: Int
  /// The tone from a whole second on.
  private let beep: [Float]

  /// Half of full scale: no decoder clips it.
  private static let amplitude = 0.5

  /// The sound at a sample rate.
  package init(sampleRate: Int32 = 48_000, channels: Int = 2) {
    self.sampleRate = sampleRate
    self.channels = channels
    let step = 2 * Double.pi * 1000 / Double(sampleRate)
    // Those samples whose time is less than 100 ms after the second.
    beep = (0..<(Int(sampleRate) + 9) / 10).map { Float(Self.amplitude * sin(step * Double($0))) }
  }

  /// The sound from the sample `position` since 1970 on.
  ///
  /// - Parameters:
  ///   - position: of the first sample.
  ///   - count: samples of each channel.
  ///   - announced: nanoseconds by which the wall clock differs from media time since a step was announced: the
  ///     seconds are the wall clock's, as are those of flash and burned clock.
  /// - Returns: `count` samples.
  package func audio(from position: Int64, count: Int, announced: Int64 = 0) -> PCMBlock {
    let rate = Int64(sampleRate)
    let (seconds, rest) = announced.quotientAndRemainder(dividingBy: 1_000_000_000)
    let shift = seconds * rate + rest * rate / 1_000_000_000
    var plane = [Float](repeating: 0, count: count)
    var place = (position + shift) % rate
    if place < 0 { place += rate }
    for index in 0..<count {
      if place < beep.count { plane[index] = beep[Int(place)] }
      place += 1
      if place == rate { place = 0 }
    }
    return PCMBlock(planes: Array(repeating: plane, count: channels))
  }
}
