// SPDX-License-Identifier: Apache-2.0

internal import CALSA

/// Sound from a device, with the time at which it was captured.
package struct CapturedAudio: Sendable {
  /// The samples.
  package let audio: PCMBlock
  /// Samples captured since the device was opened, before the first of these; what was lost is not in it.
  package let count: Int64
  /// When the first sample was captured, in nanoseconds of CLOCK_MONOTONIC: by the device's time stamps, else from
  /// the time of arrival.
  package let captureMonotonic: Int64
  /// Whether the device has lost samples just before these.
  package let followsLoss: Bool
}

/// An ALSA device that captures; one thread's own.
///
/// It closes with its value. After ``AudioDeviceError/gone(device:reason:)`` it is to be let go and opened again; the
/// time stamps of what comes then say how long the gap is.
package struct AudioDevice: ~Copyable, @unchecked Sendable {
  /// The device's name.
  package let device: String
  /// Samples a second that the device gives.
  package let sampleRate: Int32
  /// Channels that the device gives.
  package let channels: Int
  /// Times at which samples were lost because nobody took them.
  package private(set) var overruns = 0

  private let handle: PCMHandle
  private let period: Int
  private let buffer: Int64
  private var count: Int64 = 0
  private var lostBefore = false
  private var pace: DeviceRateLimiter
  private var lastAudio: Int64

  /// How long a period is; microseconds.
  private static let periodMicroseconds: UInt32 = 10_000
  /// How long `next` waits at most; milliseconds.
  private static let patience: Int32 = 100
  /// A device that is silent (gives not even zeros) for so long is taken for gone; nanoseconds.
  private static let silence: Int64 = 5_000_000_000
  /// Time stamps further from now are not believed; nanoseconds.
  private static let oldest: Int64 = 2_000_000_000

  /// Opens a device, set as near to the wish as it can be, and starts it.
  ///
  /// - Parameters:
  ///   - device: ALSA's name, such as `default` or `hw:1`.
  ///   - sampleRate: as wished; the device's own may differ.
  ///   - channels: as wished; the device's own may differ.
  /// - Throws: what stands in the way; some of it may pass.
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
    let now = calsa_monotonic()
    pace = DeviceRateLimiter(rate: Int64(format.rate), now: now)
    lastAudio = now
  }

  /// The next samples; blocks for about 100 ms at most.
  ///
  /// - Returns: nil when there are none yet.
  /// - Throws: ``AudioDeviceError/gone(device:reason:)`` when the device was unplugged or has stopped.
  package mutating func next() throws(AudioDeviceError) -> CapturedAudio? {
    let ready = handle.wait(milliseconds: Self.patience)
    if ready < 0 { return try recover(ready) }
    // Devices that are files give all they have at once.
    let ahead = pace.ahead(now: calsa_monotonic())
    if ahead > 0 { calsa_nap(min(ahead, 100_000_000)) }
    let (waiting, timestamp) = handle.timestamp()
    let (result, audio) = handle.read(period: period, channels: channels)
    let now = calsa_monotonic()
    if result == -EAGAIN || result == 0 {
      guard now - lastAudio < Self.silence else {
        throw .gone(device: device, reason: "no sound for \(Self.silence / 1_000_000_000) s")
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

  /// When the first of the samples was captured that were taken at `now`.
  ///
  /// - Parameters:
  ///   - timestamp: when `waiting` samples had been captured; 0 where the device does not say.
  ///   - waiting: the samples, of which the oldest were taken; 0 where it cannot be believed, as of a device whose
  ///     buffer is always full since it is none.
  ///   - now: after they were taken.
  ///   - taken: how many.
  ///   - rate: samples a second.
  /// - Returns: nanoseconds of CLOCK_MONOTONIC.
  static func captureTime(
    _ timestamp: Int64, waiting: Int64, now: Int64, taken: Int64, rate: Int64
  ) -> Int64 {
    guard timestamp > 0, timestamp <= now, waiting >= 0, waiting <= 2 * rate,
      timestamp > now - oldest,
      waiting >= taken
    else { return now - taken * 1_000_000_000 / rate }
    return timestamp - waiting * 1_000_000_000 / rate
  }

  /// Brings the device back after samples were lost or the machine slept.
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
