// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Checked
import Glibc
internal import Sharing

/// Keeps libav's messages off standard error: collects messages on request, drops the rest.
enum FFmpegLog {
  /// The messages of a collecting thread.
  private struct Messages: Sendable {
    /// The level of the least important messages.
    let level: Int32
    var lines: [String] = []
  }

  /// Messages by collecting thread.
  private static let collected = Locked<[UInt: Messages]>([:])

  /// Replaces libav's log callback, once per process, at the first use of this property.
  static let installed: Void = {
    av_log_set_level(AV_LOG_ERROR)
    cff_silence_srt()
    unsafe av_log_set_callback { context, level, format, arguments in
      guard level <= AV_LOG_WARNING, let format = unsafe format, let arguments = unsafe arguments
      else { return }
      let thread = UInt(pthread_self())
      let isMissed = unsafe strncmp(format, missedFormat, missedFormat.utf8.count) == 0
      let isWanted = collected.withLock { ($0[thread]?.level ?? .min) >= level }
      guard isWanted || isMissed else { return }
      let line = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
        var prefix: Int32 = 0
        unsafe av_log_format_line2(
          context, level, format, arguments, buffer.baseAddress, 512, &prefix)
        return unsafe buffer.baseAddress.map { unsafe String(cString: $0) } ?? ""
      }
      if isMissed { countMissed(line, thread) }
      guard isWanted else { return }
      collected.withLock { $0[thread]?.lines.append(line) }
    }
  }()

  /// The start of the format with which libavformat warns of missing packets of RTP.
  private static let missedFormat = "RTP: missed "
  /// The missing packets by thread.
  private static let missed = Locked<[UInt: UInt64]>([:])

  /// Adds the number of missing packets in a warning, such as `RTP: missed 3 packets`.
  private static func countMissed(_ line: String, _ thread: UInt) {
    guard let start = line.firstRange(of: missedFormat),
      let count = line[start.upperBound...].split(separator: " ").first.flatMap({ UInt16($0) })
    else { return }
    // bounded: a counter may wrap
    missed.withLock { $0[thread, default: 0] &+= UInt64(count) }
  }

  /// The packets of RTP that were reported as missing on this thread since the last call.
  static func takeMissed() -> UInt64 {
    missed.withLock { $0.isEmpty ? 0 : $0.removeValue(forKey: UInt(pthread_self())) ?? 0 }
  }

  /// Runs `body`, and returns its result and the messages that libav wrote meanwhile on this
  /// thread: its errors, and its warnings too if `warnings`.
  static func collecting<Result>(
    warnings: Bool = false, _ body: () -> Result
  ) -> (result: Result, lines: [String]) {
    installed
    let thread = UInt(pthread_self())
    let level = warnings ? AV_LOG_WARNING : AV_LOG_ERROR
    collected.withLock { $0[thread] = Messages(level: level) }
    let result = body()
    let lines = collected.withLock { $0.removeValue(forKey: thread)?.lines ?? [] }
    return (result, lines.map { $0.trimmed }.filter { !$0.isEmpty })
  }
}
