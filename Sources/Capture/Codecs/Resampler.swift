// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
package import Time

/// Converts audio of any rate and number of channels to those of a track, at its media time.
///
/// The output has no gaps: drift of the source's crystal is corrected by stretching the audio by up
/// to half a percent, missing samples become silence, surplus samples are dropped. Confined to one
/// thread.
package struct Resampler: ~Copyable, @unchecked Sendable {
  /// Converted audio and its position.
  package struct Output: Sendable {
    /// The position of the first sample, in samples of the track since 1970.
    package let position: Int64
    /// The samples.
    package let audio: PCMBlock
  }

  private let inputRate: Int32
  private let outputRate: Int32
  private let outputChannels: Int
  private let context: SwrHandle
  /// The position of the next output sample.
  private var next: Int64?
  /// The distance of the last block from its media time, in samples; positive if it was early.
  package private(set) var error: Int64 = 0

  /// A resampler.
  ///
  /// - Parameters:
  ///   - rate: the sample rate of the input, in Hz.
  ///   - channels: the channels of the input.
  ///   - settings: the parameters of the track.
  /// - Throws: ``FFmpegError`` if libswresample refuses the conversion.
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
  ///   - audio: a block with the announced number of channels.
  ///   - mediaTime: the media time of its first sample, from a clock that follows the source
  ///     smoothly.
  /// - Returns: nil if the block yields no output yet.
  /// - Throws: ``FFmpegError``. Discard the resampler after an error.
  package mutating func convert(
    _ audio: PCMBlock, at mediaTime: MediaTime
  ) throws(FFmpegError) -> Output? {
    let target = samples(at: mediaTime)
    // The position of the block's first sample in the output, after the samples in the filter.
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
      input.removeFirst(min(Int(clamping: excess), input.count))
      try context.compensate(0, over: outputRate)
    }
    // After a long absence of the source the encoder decides about the gap.
    let filled = silence <= 10 * Int64(outputRate) ? silence : 0
    var output = PCMBlock.silence(channels: outputChannels, count: Int(filled))
    output.append(try context.convert(input))
    let start = position + silence - filled
    next = start + Int64(output.count)
    return output.isEmpty ? nil : Output(position: start, audio: output)
  }

  /// The sample nearest to a media time.
  private func samples(at mediaTime: MediaTime) -> Int64 {
    let scaled = Int128(mediaTime.nanoseconds) * Int128(outputRate) + 500_000_000
    return Int64(scaled / 1_000_000_000)
  }
}

/// The correction of audio that is not at its media time: pure arithmetic.
enum DriftCorrection: Equatable {
  /// Stretch (positive) or shrink the audio by this many samples over the next second.
  case slew(Int64)
  /// Insert this many samples of silence.
  case insert(Int64)
  /// Drop this many samples.
  case drop(Int64)

  /// The error above which audio is missing or repeated; smaller errors are drift.
  ///
  /// One lost AAC frame at 48 kHz is 21.3 ms.
  static let stepMilliseconds: Int64 = 20
  /// The pitch changes by at most 1/200.
  static let slewDivisor: Int64 = 200

  /// The correction of audio that is `error` samples early.
  static func of(error: Int64, sampleRate: Int32) -> DriftCorrection {
    let rate = Int64(sampleRate)
    let step = rate * stepMilliseconds / 1000
    if error > step { return .insert(error) }
    if error < -step { return .drop(-error) }
    // An error is corrected within a second: 300 ppm settle at 0.3 ms.
    let most = rate / slewDivisor
    return .slew(min(max(error, -most), most))
  }
}
