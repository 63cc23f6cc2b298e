// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// A libswresample context with its frames.
///
/// Confined to one thread.
@safe
final class SwrHandle {
  private let context: OpaquePointer
  private let inputRate: Int32
  private let outputRate: Int32
  private let inputChannels: Int
  private let outputChannels: Int
  private var input: PCMFrame?
  private var output: PCMFrame?
  private var slew: Int64 = 0

  init(
    fromRate: Int32, channels inputChannels: Int, toRate: Int32, channels outputChannels: Int
  ) throws(FFmpegError) {
    FFmpegLog.installed
    guard
      let context = unsafe cff_resampler(
        fromRate, Int32(inputChannels), toRate, Int32(outputChannels))
    else {
      throw FFmpegError(
        "swr_init", CFF_INVALID,
        "\(fromRate) Hz, \(inputChannels) channels to \(toRate) Hz, \(outputChannels)")
    }
    unsafe self.context = context
    inputRate = fromRate
    outputRate = toRate
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
  }

  deinit {
    var context: OpaquePointer? = unsafe context
    unsafe swr_free(&context)
  }

  /// The delay of the filter, in samples of `rate`.
  func delay(at rate: Int32) -> Int64 { unsafe swr_get_delay(context, Int64(rate)) }

  /// Adds `samples` samples to the next `distance` samples; removes samples if negative.
  func compensate(_ samples: Int64, over distance: Int32) throws(FFmpegError) {
    guard samples != 0 || slew != 0 else { return }
    slew = samples
    try FFmpegError.check(
      "swr_set_compensation", unsafe swr_set_compensation(context, Int32(samples), distance))
  }

  /// Converts `audio` and returns all available output of the filter.
  func convert(_ audio: PCMBlock) throws(FFmpegError) -> PCMBlock {
    guard !audio.isEmpty else { return .silence(channels: outputChannels, count: 0) }
    let from = try frame(&input, inputRate, inputChannels, atLeast: audio.count)
    try from.fill(audio)
    // Stretching adds less than a percent; the samples in the filter are extra.
    // bounded: a packet has at most 10 s at 768 kHz
    let expected = (Int64(audio.count) * Int64(outputRate) / Int64(inputRate)) * 102 / 100
    let capacity = Int(expected + delay(at: outputRate)) + 64
    let to = try frame(&output, outputRate, outputChannels, atLeast: capacity)
    let written = try FFmpegError.check(
      "swr_convert",
      unsafe cff_resample(
        context, to.pointer, Int32(to.capacity), from.pointer, Int32(audio.count)))
    return to.block(count: Int(written))
  }

  private func frame(
    _ kept: inout PCMFrame?, _ rate: Int32, _ channels: Int, atLeast count: Int
  ) throws(FFmpegError) -> PCMFrame {
    if let kept, kept.capacity >= count { return kept }
    let made = try PCMFrame(sampleRate: rate, channels: channels, capacity: count)
    kept = made
    return made
  }
}
