// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("The resampler keeps audio at its media time")
struct ResamplerTests {
  /// The resampled tone of a source whose crystal is `ppm` too fast; it beeps at each second of
  /// its own clock.
  struct ResampledTone {
    var worstError: Int64 = 0
    var audio: [Float] = []
    var first: Int64?
    var isContinuous = true

    init(
      rate: Int32, ppm: Double, seconds: Int, drop: ClosedRange<Int>? = nil, jitter: Bool = false
    )
      throws
    {
      var resampler = try Resampler(
        fromRate: rate, channels: 1, to: AudioEncoderSettings(channels: 1))
      let tone = TestTone(sampleRate: rate, channels: 1)
      let start = MediaTime.origin + .seconds(1_795_155_720)
      let block = Int(rate) / 100
      for index in 0..<seconds * 100 {
        if let drop, drop.contains(index) { continue }
        let position = Int64(index * block)
        let elapsed = Double(position) / Double(rate) / (1 + ppm / 1_000_000)
        let time =
          start + .nanoseconds(Int64(elapsed * 1_000_000_000))
          + (jitter ? .microseconds(Int64(index % 3) * 100) : .zero)
        guard
          let output = try resampler.convert(tone.audio(from: position, count: block), at: time)
        else { continue }
        if let first, output.position != first + Int64(audio.count) { isContinuous = false }
        first = first ?? output.position
        audio += output.audio.planes[0]
        if index > 200 { worstError = max(worstError, abs(resampler.error)) }
      }
    }

    /// The onsets of the beeps, in samples of the output since its first.
    var onsets: [Int] {
      var found: [Int] = []
      var quiet = 2000
      for (index, value) in audio.enumerated() {
        if abs(value) > 0.25 {
          if quiet >= 2000 { found.append(index) }
          quiet = 0
        } else {
          quiet += 1
        }
      }
      return found
    }
  }

  @Test(
    "the output follows a crystal that is off by up to 300 ppm within 1 ms",
    arguments: [
      (48_000, 0), (48_000, 300), (48_000, -300), (44_100, 200), (16_000, -100), (8_000, 50),
    ]
      as [(Int32, Double)])
  func crystal(rate: Int32, ppm: Double) throws {
    // In 12 s a drift of 300 ppm is 3.6 ms, three times the limit.
    let seconds = TestLength.of(short: 12, long: 30)
    let result = try ResampledTone(rate: rate, ppm: ppm, seconds: seconds)
    #expect(result.isContinuous)
    let first: Int64 = 1_795_155_720 * 48_000
    #expect(result.first == first)
    #expect(result.worstError <= 48, "\(result.worstError)")
    let onsets = result.onsets
    #expect(onsets.count == seconds)
    for (second, onset) in onsets.enumerated() {
      // The source's second in media time; the onset is about four samples into the sine.
      let expected = Double(second) / (1 + ppm / 1_000_000) * 48_000
      #expect(abs(Double(onset) - expected) < 60, "\(second): \(Double(onset) - expected)")
    }
  }

  @Test("jitter of the clock moves the audio by at most 1 ms")
  func jitter() throws {
    let result = try ResampledTone(rate: 48_000, ppm: 100, seconds: 10, jitter: true)
    #expect(result.isContinuous && result.worstError <= 48)
  }

  @Test("missing audio becomes silence, and the audio after it is at its media time immediately")
  func gap() throws {
    let result = try ResampledTone(rate: 44_100, ppm: 0, seconds: 6, drop: 250...349)
    #expect(result.isContinuous)
    // The beep at 3 s is missing; the others are at their seconds.
    let seconds = result.onsets.map { (Double($0) / 48_000).rounded() }
    #expect(seconds == [0, 1, 2, 4, 5])
    for onset in result.onsets { #expect(onset % 48_000 < 60) }
  }

  @Test("audio of a time already covered is dropped")
  func overlap() throws {
    var resampler = try Resampler(
      fromRate: 48_000, channels: 1, to: AudioEncoderSettings(channels: 1))
    let block = PCMBlock(planes: [Array(repeating: 0.25, count: 4800)])
    var next: Int64?
    for time in [0, 100, 200, 100, 200, 300, 400] {
      let mediaTime = MediaTime.origin + .milliseconds(Int64(time))
      guard let output = try resampler.convert(block, at: mediaTime) else { continue }
      if let next { #expect(output.position == next) }
      next = output.position + Int64(output.audio.count)
    }
    #expect(abs((next ?? 0) - 24_000) < 100)
  }

  @Test("mono, stereo and 5.1 are mixed to mono and to stereo", arguments: [1, 2, 6])
  func channels(count: Int) throws {
    for channels in [1, 2] {
      var resampler = try Resampler(
        fromRate: 48_000, channels: count, to: AudioEncoderSettings(channels: channels))
      let plane = (0..<4800).map { Float(sin(Double($0) / 8)) * 0.2 }
      let audio = PCMBlock(planes: Array(repeating: plane, count: count))
      let output = try #require(try resampler.convert(audio, at: 0))
      #expect(output.audio.channels == channels)
      for plane in output.audio.planes {
        #expect((0.1...0.9).contains(plane.map { abs($0) }.max() ?? 0))
      }
    }
  }

  @Test("an error up to 20 ms is corrected gradually, a larger one immediately")
  func corrections() {
    func of(_ error: Int64) -> DriftCorrection { .of(error: error, sampleRate: 48_000) }
    #expect(of(0) == .slew(0))
    #expect(of(14) == .slew(14) && of(-14) == .slew(-14))
    #expect(of(900) == .slew(240) && of(-960) == .slew(-240))
    #expect(of(1024) == .insert(1024) && of(-1024) == .drop(1024))
  }

  @Test("audio dated centuries back is dropped, and later audio continues")
  func centuries() throws {
    let settings = AudioEncoderSettings(channels: 1)
    var resampler = try Resampler(fromRate: 192_000, channels: 1, to: settings)
    let audio = PCMBlock(planes: [[Float](repeating: 0, count: 19_200)])
    let seconds: Int64 = 1_795_155_720
    let now = MediaTime.origin + .seconds(seconds)
    _ = try resampler.convert(audio, at: now)
    _ = try resampler.convert(audio, at: now - 8_000_000_000_000_000_000)
    let output = try #require(try resampler.convert(audio, at: now + 100_000_000))
    #expect(output.position >= seconds * 48_000)
  }
}
