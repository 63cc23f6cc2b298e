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
    /// Whether header fields of responses over RTSP are kept.
    let takesFields: Bool
    var lines: [String] = []
    var fields: [String] = []
  }

  /// Messages by collecting thread.
  private static let collected = Locked<[UInt: Messages]>([:])

  /// Replaces libav's log callback, once per process, at the first use of this property.
  static let installed: Void = {
    av_log_set_level(AV_LOG_ERROR)
    cff_silence_srt()
    unsafe av_log_set_callback { context, level, format, arguments in
      guard let format = unsafe format, let arguments = unsafe arguments else { return }
      let isField = unsafe level == AV_LOG_TRACE && strncmp(format, fieldFormat, 8) == 0
      guard level <= AV_LOG_WARNING || isField else { return }
      let thread = UInt(pthread_self())
      let isWanted = collected.withLock { collected in
        collected[thread].map { isField ? $0.takesFields : $0.level >= level } ?? false
      }
      guard isWanted else { return }
      let line = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
        var prefix: Int32 = 0
        unsafe av_log_format_line2(
          context, level, format, arguments, buffer.baseAddress, 512, &prefix)
        return unsafe buffer.baseAddress.map { unsafe String(cString: $0) } ?? ""
      }
      collected.withLock { collected in
        if !isField {
          collected[thread]?.lines.append(line)
        } else if collected[thread].map({ $0.fields.count < maximumFields }) == true {
          collected[thread]?.fields.append(line)
        }
      }
    }
  }()

  /// The format with which libavformat traces each line of a response over RTSP.
  private static let fieldFormat = "line='%s'"
  /// The most lines of responses that are kept.
  private static let maximumFields = 256

  /// Runs `body`, and returns its result and the messages that libav wrote meanwhile on this
  /// thread: its errors, and its warnings too if `warnings`.
  static func collecting<Result>(
    warnings: Bool = false, _ body: () -> Result
  ) -> (result: Result, lines: [String]) {
    installed
    let thread = UInt(pthread_self())
    let level = warnings ? AV_LOG_WARNING : AV_LOG_ERROR
    collected.withLock { $0[thread] = Messages(level: level, takesFields: false) }
    let result = body()
    let lines = collected.withLock { $0.removeValue(forKey: thread)?.lines ?? [] }
    return (result, lines.map { $0.trimmed }.filter { !$0.isEmpty })
  }

  /// Runs `body`, and returns its result, the errors of libav on this thread, and the lines of
  /// responses over RTSP.
  static func collectingResponses<Result>(
    _ body: () -> Result
  ) -> (result: Result, lines: [String], fields: [String]) {
    installed
    let thread = UInt(pthread_self())
    collected.withLock { $0[thread] = Messages(level: AV_LOG_ERROR, takesFields: true) }
    let result = body()
    let found = collected.withLock { $0.removeValue(forKey: thread) }
    let lines = (found?.lines ?? []).map { $0.trimmed }.filter { !$0.isEmpty }
    let fields = (found?.fields ?? []).compactMap { line -> String? in
      guard let start = line.firstRange(of: "line='") else { return nil }
      return line[start.upperBound...].trimmed.dropLast().trimmed
    }
    return (result, lines, fields)
  }
}
