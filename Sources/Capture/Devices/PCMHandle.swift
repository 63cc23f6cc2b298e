// SPDX-License-Identifier: Apache-2.0

internal import CALSA
import Time

/// An open ALSA capture device.
///
/// Confined to one thread.
@safe
final class PCMHandle {
  private let pcm: OpaquePointer
  /// Interleaved samples of one read.
  private var interleaved: [Int16] = []

  private init(_ pcm: OpaquePointer) { unsafe self.pcm = pcm }

  deinit { unsafe _ = snd_pcm_close(pcm) }

  static func open(
    _ device: String, rate: UInt32, channels: UInt32, periodMicroseconds: UInt32
  ) throws(AudioDeviceError) -> (PCMHandle, calsa_format) {
    calsa_silence()
    var format = calsa_format(rate: rate, channels: channels, period: 0, buffer: 0)
    var opened: OpaquePointer?
    let result = unsafe calsa_open(device, &format, periodMicroseconds, &opened)
    guard result >= 0, let pcm = unsafe opened else {
      throw AudioDeviceError.opening(device, result < 0 ? result : -ENODEV)
    }
    return unsafe (PCMHandle(pcm), format)
  }

  /// Waits for a period: 1, 0 after `milliseconds`, or -errno.
  func wait(milliseconds: Int32) -> Int32 { unsafe snd_pcm_wait(pcm, milliseconds) }

  /// The number of buffered samples, and the time of that count; nil if the device reports no
  /// time.
  func timestamp() -> (waiting: Int64, time: MonotonicTime?) {
    var waiting: UInt = 0
    var nanoseconds: Int64 = 0
    guard unsafe calsa_timestamp(pcm, &waiting, &nanoseconds) >= 0 else { return (0, nil) }
    return (
      Int64(clamping: waiting), nanoseconds > 0 ? MonotonicTime(nanoseconds: nanoseconds) : nil
    )
  }

  /// Reads up to one period: the samples per channel, or -errno.
  func read(period: Int, channels: Int) -> (result: Int, audio: PCMBlock) {
    if interleaved.count != period * channels {
      interleaved = Array(repeating: 0, count: period * channels)
    }
    let result = unsafe interleaved.withUnsafeMutableBytes {
      unsafe snd_pcm_readi(pcm, $0.baseAddress, UInt(period))
    }
    guard result > 0 else { return (result, .silence(channels: channels, count: 0)) }
    let planes = (0..<channels).map { channel in
      (0..<result).map { Float(interleaved[$0 * channels + channel]) / 32_768 }
    }
    return (result, PCMBlock(planes: planes))
  }

  /// Restarts the device after samples were lost: 0, or -errno.
  func restart(after code: Int32) -> Int32 {
    let result = unsafe snd_pcm_recover(pcm, code, 1)
    return result < 0 ? result : unsafe snd_pcm_start(pcm)
  }
}
