// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// A failed call of libavcodec, libavformat or libswscale.
package struct FFmpegError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The C function, such as `avcodec_open2`; empty if no function was called.
  package let call: String
  /// The negative AVERROR code.
  package let code: Int32
  /// The subject, such as the encoder's name, or the library's message; may be empty.
  package let detail: String

  /// The failure of `call` with `code`.
  package init(_ call: String, _ code: Int32, _ detail: String = "") {
    self.call = call
    self.code = code
    self.detail = detail
  }

  /// The failure of `call`, which allocates.
  init(noMemory call: String, _ detail: String = "") {
    OutOfMemory.check(CFF_ENOMEM)
    self.init(call, CFF_ENOMEM, detail)
  }

  /// A refusal before the library is called.
  package init(refused detail: String) { self.init("", CFF_INVALID, detail) }

  /// Throws if `result` is negative; otherwise returns it.
  ///
  /// Notes a lack of memory.
  @discardableResult
  static func check(
    _ call: String, _ result: Int32, _ detail: @autoclosure () -> String = ""
  ) throws(FFmpegError) -> Int32 {
    guard result >= 0 else {
      OutOfMemory.check(result)
      throw FFmpegError(call, result, detail())
    }
    return result
  }

  /// One line: the call, its subject, and libav's text for the code.
  package var description: String {
    if call.isEmpty { return detail }
    let about = detail.isEmpty ? "" : " (\(detail))"
    return "\(call)\(about): \(Self.text(code))"
  }

  /// libav's text for `code`.
  static func text(_ code: Int32) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      guard let start = buffer.baseAddress, unsafe av_strerror(code, start, 128) == 0 else {
        return "error \(code)"
      }
      return unsafe String(cString: start)
    }
  }
}
