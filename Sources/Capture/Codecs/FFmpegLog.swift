// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Glibc
internal import Sharing

/// Keeps libav's messages off standard error: collects error messages on request, drops the rest.
enum FFmpegLog {
  /// Messages by collecting thread.
  private static let collected = Locked<[UInt: [String]]>([:])

  /// Replaces libav's log callback, once per process, at the first use of this property.
  static let installed: Void = {
    av_log_set_level(AV_LOG_ERROR)
    cff_silence_srt()
    unsafe av_log_set_callback { context, level, format, arguments in
      guard level <= AV_LOG_ERROR, let format = unsafe format, let arguments = unsafe arguments
      else { return }
      let thread = UInt(pthread_self())
      guard collected.withLock({ $0[thread] != nil }) else { return }
      let line = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
        var prefix: Int32 = 0
        unsafe av_log_format_line2(
          context, level, format, arguments, buffer.baseAddress, 512, &prefix)
        return unsafe buffer.baseAddress.map { unsafe String(cString: $0) } ?? ""
      }
      collected.withLock { $0[thread, default: []].append(line) }
    }
  }()

  /// Runs `body`, and returns its result and the error messages that libav wrote meanwhile on this
  /// thread.
  static func collecting<Result>(_ body: () -> Result) -> (result: Result, lines: [String]) {
    installed
    let thread = UInt(pthread_self())
    collected.withLock { $0[thread] = [] }
    let result = body()
    let lines = collected.withLock { $0.removeValue(forKey: thread) ?? [] }
    return (result, lines.map { $0.trimmed }.filter { !$0.isEmpty })
  }
}

extension String {
  /// The text without white space at either end.
  fileprivate var trimmed: String {
    let characters = drop(while: \.isWhitespace)
    guard let last = characters.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(characters[...last])
  }
}
