// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// Turns sound of any rate and number of channels into a track's, and keeps it at its media time; one thread's own.
///
/// What comes out is without holes: a foreign crystal is followed by stretching the sound by half a percent at most,
/// what is missing becomes silence, what is too much is left out.
package struct Resampler: ~Copyable, @unchecked Sendable {
  /// Converted sound and its place.
  package struct Output: Sendable {
    /// The first sample, since 1970, at the track's rate.
    package let position: Int64
    /// The samples.
    package let audio: PCMBlock
  }

  private let inputRate: Int32
  private let outputRate: Int32
  private let outputChannels: Int
  private let context: SwrHandle
  /// The place of the next sample that comes out.
  private var next: Int64?
  /// How far the last block was from its media time when it came, in samples: positive where it lay too early.
  package private(set) var error: Int64 = 0

  /// A resampler.
  ///
  /// - Parameters:
  ///   - rate: samples a second of the input.
  ///   - channels: of the input.
  ///   - settings: of the track.
  /// - Throws: where libswresample knows no such conversion.
  package init(
    fromRate rate: Int32, channels: Int, to settings: AudioEncoderSettings
  ) throws(FFmpegError) {
    context = try SwrHandle(
      fromRate: rate, channels: channels, toRate: settings.sampleRate, channels: settings.channels)
    inputRate = rate
    outputRate = settings.sampleRate
    outputChannels = settings.channels
  }

  /// Converts the next block.
  ///
  /// - Parameters:
  ///   - audio: with as many channels as announced.
  ///   - mediaTime: where its first sample belongs: nanoseconds since 1970, by a clock that follows the source's
  ///     smoothly.
  /// - Returns: nil when the block yields nothing yet.
  /// - Throws: libswresample's error; after it the resampler is of no more use.
  package mutating func convert(
    _ audio: PCMBlock, at mediaTime: Int64
  ) throws(FFmpegError) -> Output? {
    let target = samples(at: mediaTime)
    // Where the block's first sample comes out: behind what the filter still holds.
    let position = next ?? target
    error = target - position - context.delay(at: outputRate)
    if next == nil { error = 0 }
    var input = audio
    var silence: Int64 = 0
    switch DriftCorrection.of(error: error, sampleRate: outputRate) {
    case .slew(let samples): try context.compensate(samples, over: outputRate)
    case .insert(let samples):
      silence = samples
      try context.compensate(0, over: outputRate)
    case .drop(let samples):
      let excess = Int128(samples) * Int128(inputRate) / Int128(outputRate)
      _ = input.takeFirst(min(Int(clamping: excess), input.count))
      try context.compensate(0, over: outputRate)
    }
    guard silence <= 10 * Int64(outputRate) else {
      // The source was away for long; who encodes decides about the gap.
      return try placed(at: position + silence, input)
    }
    var output = PCMBlock.silence(channels: outputChannels, count: Int(silence))
    output.append(try context.convert(input))
    next = position + Int64(output.count)
    return output.isEmpty ? nil : Output(position: position, audio: output)
  }

  private mutating func placed(
    at position: Int64, _ input: PCMBlock
  ) throws(FFmpegError) -> Output? {
    let output = try context.convert(input)
    next = position + Int64(output.count)
    return output.isEmpty ? nil : Output(position: position, audio: output)
  }

  /// The sample nearest to a time.
  private func samples(at nanoseconds: Int64) -> Int64 {
    let scaled = Int128(nanoseconds) * Int128(outputRate) + 500_000_000
    return Int64(scaled / 1_000_000_000)
  }
}
