// SPDX-License-Identifier: Apache-2.0

internal import CALSA
import Sharing
package import Time

/// Audio samples of a device and their capture time.
package struct CapturedAudio: Sendable {
  /// The samples.
  package let audio: PCMBlock
  /// Samples captured since the device was opened, before the first of these; lost samples
  /// excluded.
  package let count: Int64
  /// The capture time of the first sample.
  ///
  /// Derived from the timestamps of the device; from the arrival if the device has none.
  package let captureMonotonic: MonotonicTime
  /// Whether the device lost samples immediately before these.
  package let followsLoss: Bool
}

/// An ALSA capture device.
///
/// Confined to one thread.
///
/// The device is closed with the value. After ``AudioDeviceError/gone(device:reason:)`` release the
/// value and open the device again; the timestamps then show the length of the gap.
package struct AudioDevice: ~Copyable, @unchecked Sendable {
  /// The device's name.
  package let device: String
  /// The sample rate of the device, in Hz.
  package let sampleRate: Int32
  /// The number of channels of the device.
  package let channels: Int
  /// The number of times that the buffer overran and samples were lost.
  package private(set) var overruns = 0

  private let handle: PCMHandle
  private let period: Int
  private let buffer: Int64
  private var count: Int64 = 0
  private var lostBefore = false
  private var pace: DeviceRateLimiter
  private var lastAudio: MonotonicTime

  /// The length of a period, in microseconds.
  private static let periodMicroseconds: UInt32 = 10_000
  /// The longest wait of `next`, in milliseconds.
  private static let pollTimeout: Int32 = 100
  /// The time without any sample after which a device counts as gone.
  private static let silence = Interval.seconds(5)
  /// The largest credible age of a device's timestamp.
  private static let oldest = Interval.seconds(2)

  /// Opens a device, configures it as near to the request as it allows, and starts it.
  ///
  /// - Parameters:
  ///   - device: the ALSA name, such as `default` or `hw:1`.
  ///   - sampleRate: the requested rate in Hz; the device may choose another.
  ///   - channels: the requested number of channels; the device may choose another.
  /// - Throws: ``AudioDeviceError``.
  package init(
    device: String, sampleRate: Int32 = 48_000, channels: Int = 2
  ) throws(AudioDeviceError) {
    let (handle, format) = try PCMHandle.open(
      device, rate: UInt32(sampleRate), channels: UInt32(channels),
      periodMicroseconds: Self.periodMicroseconds)
    self.handle = handle
    self.device = device
    self.sampleRate = Int32(format.rate)
    self.channels = Int(format.channels)
    period = max(1, Int(format.period))
    buffer = Int64(clamping: format.buffer)
    let now = SystemClock.monotonicTime
    pace = DeviceRateLimiter(rate: Int64(format.rate), now: now)
    lastAudio = now
  }

  /// The next samples.
  ///
  /// Blocks for up to 100 ms.
  ///
  /// - Returns: nil if no sample has arrived.
  /// - Throws: ``AudioDeviceError/gone(device:reason:)`` if the device was unplugged or has
  ///   stopped.
  package mutating func next() throws(AudioDeviceError) -> CapturedAudio? {
    let ready = handle.wait(milliseconds: Self.pollTimeout)
    if ready < 0 { return try recover(ready) }
    // A file that plays as a device returns all of its samples at once.
    let begin = SystemClock.monotonicTime
    let ahead = pace.ahead(now: begin)
    if ahead > .zero { SystemClock.sleep(until: begin + min(ahead, .milliseconds(100))) }
    let (waiting, timestamp) = handle.timestamp()
    let (result, audio) = handle.read(period: period, channels: channels)
    let now = SystemClock.monotonicTime
    if result == -EAGAIN || result == 0 {
      guard now - lastAudio < Self.silence else {
        throw .gone(device: device, reason: "no samples for \(Self.silence.wholeSeconds) s")
      }
      return nil
    }
    guard result > 0 else { return try recover(Int32(result)) }
    lastAudio = now
    defer {
      count += Int64(result)
      lostBefore = false
      pace.took(Int64(result), now: now)
    }
    let capture = Self.captureTime(
      timestamp, waiting: waiting < buffer ? waiting : 0, now: now, taken: Int64(result),
      rate: Int64(sampleRate))
    return CapturedAudio(
      audio: audio, count: count, captureMonotonic: capture, followsLoss: lostBefore)
  }

  /// The capture time of the first of the samples that were read.
  ///
  /// - Parameters:
  ///   - timestamp: the time at which `waiting` samples had been captured; nil if unknown.
  ///   - waiting: the samples in the buffer before the read; 0 if the device's count is not
  ///     credible, for example for a file, whose buffer is always full.
  ///   - now: the time after the read.
  ///   - taken: the number of samples that were read.
  ///   - rate: the sample rate in Hz.
  /// - Returns: the capture time.
  static func captureTime(
    _ timestamp: MonotonicTime?, waiting: Int64, now: MonotonicTime, taken: Int64, rate: Int64
  ) -> MonotonicTime {
    // bounded: a sample rate of 32 bits
    guard let timestamp, timestamp <= now, waiting >= 0, waiting <= 2 * rate,
      timestamp > now - oldest,
      waiting >= taken
      // bounded: taken
    else { return now - Interval(ticks: taken, timescale: rate) }
    return timestamp - Interval(ticks: waiting, timescale: rate)
  }

  /// Restarts the device after samples were lost or the machine was suspended.
  private mutating func recover(_ code: Int32) throws(AudioDeviceError) -> CapturedAudio? {
    switch -code {
    case EAGAIN, EINTR: return nil
    case EPIPE, ESTRPIPE:
      overruns += 1
      lostBefore = true
      let result = handle.restart(after: code)
      guard result >= 0 else {
        throw .gone(device: device, reason: AudioDeviceError.text(result))
      }
      return nil
    default: throw .gone(device: device, reason: AudioDeviceError.text(code))
    }
  }
}
