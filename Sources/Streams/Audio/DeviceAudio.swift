// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Logging
import Media
import Sharing

/// A sound device's thread: captures, keeps the sound at its media time, encodes it; silence while the device is away.
struct DeviceAudio: Sendable {
  /// How long after a failure the device is tried again; nanoseconds.
  static var retryInterval: Int64 { 500_000_000 }
  /// What a device gives first only tells its clock; nanoseconds.
  private static var settling: Int64 { 250_000_000 }
  /// What has not come so long after its time is silence: the track's input delay; nanoseconds.
  static var inputDelay: Int64 { 100_000_000 }

  /// Maps the time stamps of a device's own clock to when the sound was captured, on the monotonic clock.
  ///
  /// Given are the samples' own time since the device was opened, and the time stamp they came with; nanoseconds.
  typealias ClockMapping = (_ timestamp: Int64, _ captured: Int64) -> Int64

  let device: String
  let settings: AudioEncoderSettings
  let stream: String
  let video: Segmentation
  let stop: StopFlag
  let log: Log
  /// The stream's clock as it is now.
  let clock: @Sendable () -> StreamClock
  /// A mapping for a device that was just opened.
  let mapping: @Sendable () -> ClockMapping

  /// Captures and encodes until told to stop.
  ///
  /// - Parameters:
  ///   - track: encodes; its history is done.
  ///   - outlet: takes each chunk as it is complete.
  /// - Throws: the encoder's error.
  func run(
    _ track: inout EncodedAudioTrack, emit outlet: AudioChunkHandler
  ) throws(FFmpegError) {
    var isReported = false
    while !stop.isSet {
      let end = try session(&track, outlet) { isReported = false }
      guard let end else { return }
      // Once for each time it goes; what it says while it is away is for those who look closer.
      log.write(
        isReported ? .debug : .warning, "sound-gone", stream: stream,
        "\(end); the stream is silent, trying again every half second")
      isReported = true
      let again = SystemClock.monotonic + Self.retryInterval
      while !stop.isSet, SystemClock.monotonic < again {
        try fill(&track, outlet)
        SystemClock.sleep(until: SystemClock.monotonic + 20_000_000)
      }
    }
  }

  /// From opening to losing the device: why it was lost, nil when told to stop.
  private func session(
    _ track: inout EncodedAudioTrack, _ outlet: AudioChunkHandler, opened: () -> Void
  ) throws(FFmpegError) -> AudioDeviceError? {
    var input: AudioDevice
    do throws(AudioDeviceError) {
      input = try AudioDevice(
        device: device, sampleRate: settings.sampleRate, channels: settings.channels)
    } catch {
      return error
    }
    let rate = Int64(input.sampleRate)
    log.write(
      .info, "sound-open", stream: stream,
      "\(device): \(input.sampleRate) Hz, \(input.channels) channels")
    opened()
    var resampler = try Resampler(
      fromRate: input.sampleRate, channels: input.channels, to: settings)
    var map = mapping()
    let heardFrom = SystemClock.monotonic + Self.settling
    while !stop.isSet {
      let captured: CapturedAudio?
      do throws(AudioDeviceError) { captured = try input.next() } catch { return error }
      if let captured {
        // How much was lost is not known to the device's own count.
        if captured.followsLoss { map = mapping() }
        let monotonic = map(captured.count * 1_000_000_000 / rate, captured.captureMonotonic)
        let place = clock().mediaTime(at: monotonic, on: video)
        if captured.captureMonotonic >= heardFrom,
          let placed = try resampler.convert(captured.audio, at: place)
        {
          try track.emit(try track.take(placed.audio, at: placed.position), to: outlet)
        }
      }
      try fill(&track, outlet)
    }
    return nil
  }

  /// What is overdue is silence.
  private func fill(
    _ track: inout EncodedAudioTrack, _ outlet: AudioChunkHandler
  ) throws(FFmpegError) {
    let overdue = clock().mediaTime(at: SystemClock.monotonic - Self.inputDelay, on: video)
    try track.fill(to: track.segmentation.sample(atOrBefore: overdue), emit: outlet)
  }
}
