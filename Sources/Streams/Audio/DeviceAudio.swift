// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Sharing
import Time

/// An audio device: captures, and opens the device again after it was removed.
final class DeviceAudio: LocalAudioSource {
  /// Maps timestamps of the device's clock to capture times on the monotonic clock.
  ///
  /// The arguments are the duration of the samples since the device was opened, as a timestamp, and
  /// the capture time that the device reports for the next sample.
  typealias ClockMapping = (_ pts: SourceTime, _ captured: MonotonicTime) -> MonotonicTime

  /// Time from a failure to the next attempt.
  private static let retryInterval = Interval.milliseconds(500)
  /// Time after opening in which samples are only used to map the clock.
  private static let settling = Interval.milliseconds(250)

  private let name: String
  private let settings: AudioEncoderSettings
  private let stream: String
  private let clock: FrameGridClock
  private let log: Log
  private let makeMapping: () -> ClockMapping

  private var device: AudioDevice?
  private var sampleRate: Int32 = 0
  private var mapping: ClockMapping
  /// Samples that were captured earlier are not published.
  private var usableFrom = MonotonicTime.origin
  /// The next attempt to open the device.
  private var retryAt = MonotonicTime.origin
  private var isReported = false

  /// A device that is not open yet, by its ALSA name; `mapping` creates a mapping for each opening.
  init(
    _ name: String, settings: AudioEncoderSettings, stream: String, clock: FrameGridClock, log: Log,
    mapping: @escaping () -> ClockMapping = DeviceAudio.sourceClock
  ) {
    self.name = name
    self.settings = settings
    self.stream = stream
    self.clock = clock
    self.log = log
    makeMapping = mapping
    self.mapping = mapping()
  }

  /// A mapping that follows the drift of the device's clock.
  static func sourceClock() -> ClockMapping {
    var clock = SourceClock()
    return { clock.captureTime(.audio, pts: $0, arrival: $1) }
  }

  /// Waits for the next samples, or until the device is tried again.
  func read(into placer: inout AudioPlacer) throws(FFmpegError) -> [EncodedAudioFrame] {
    let captured: CapturedAudio?
    do throws(AudioDeviceError) { captured = try next() } catch {
      device = nil
      retryAt = SystemClock.monotonicTime + Self.retryInterval
      // Warn once per outage; later failures are logged at debug level.
      log.write(
        isReported ? .debug : .warning, "audio-gone", stream: stream,
        "\(error); the stream is silent, retrying every 0.5 s")
      isReported = true
      return []
    }
    guard let captured else { return [] }
    // The count of the device does not contain lost samples.
    if captured.followsLoss { mapping = makeMapping() }
    let elapsed = Interval(ticks: captured.count, timescale: Int64(sampleRate))
    let monotonic = mapping(.origin + elapsed, captured.captureMonotonic)
    guard captured.captureMonotonic >= usableFrom else { return [] }
    let mediaTime = clock.mediaTime(at: monotonic)
    return try placer.place(captured.audio, rate: sampleRate, at: mediaTime)
  }

  private func next() throws(AudioDeviceError) -> CapturedAudio? {
    guard device == nil else { return try device?.next() }
    let now = SystemClock.monotonicTime
    guard now >= retryAt else {
      SystemClock.sleep(until: now + .milliseconds(20))
      return nil
    }
    let opened = try AudioDevice(
      device: name, sampleRate: settings.sampleRate, channels: settings.channels)
    log.write(
      .info, "audio-open", stream: stream,
      "\(name): \(opened.sampleRate) Hz, \(opened.channels) channels")
    sampleRate = opened.sampleRate
    device = consume opened
    mapping = makeMapping()
    usableFrom = SystemClock.monotonicTime + Self.settling
    isReported = false
    return nil
  }
}
