// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// A call into libavcodec, libavformat or libswscale that failed.
package struct FFmpegError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The C function, such as `avcodec_open2`; empty where none was called.
  package let call: String
  /// The negative AVERROR code.
  package let code: Int32
  /// What it was about, such as the encoder's name, or the library's own words; may be empty.
  package let detail: String

  /// An error that `call` answered with `code`.
  package init(_ call: String, _ code: Int32, _ detail: String = "") {
    self.call = call
    self.code = code
    self.detail = detail
  }

  /// What is refused before the library is asked, in our words.
  init(refused detail: String) { self.init("", CFF_INVALID, detail) }

  /// Throws where `result` is negative, else returns it.
  @discardableResult
  static func check(
    _ call: String, _ result: Int32, _ detail: @autoclosure () -> String = ""
  ) throws(FFmpegError) -> Int32 {
    guard result >= 0 else { throw FFmpegError(call, result, detail()) }
    return result
  }

  /// One line: the call, what it was about, and libav's text for the code.
  package var description: String {
    if call.isEmpty { return detail }
    let about = detail.isEmpty ? "" : " (\(detail))"
    return "\(call)\(about): \(libraryText)"
  }

  /// libav's words for the code.
  var libraryText: String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      guard let start = buffer.baseAddress, unsafe av_strerror(code, start, 128) == 0 else {
        return "error \(code)"
      }
      return unsafe String(cString: start)
    }
  }
}
