// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Files that other programs read while they are written.
package enum WholeFile {
  /// Replaces a file in one step, so that no reader sees half of it.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - bytes: its content.
  ///   - mode: its mode, less that of umask(2).
  ///   - isDurable: whether a crash of the system leaves either the former content or this one.
  /// - Returns: the reason of a failure, else nil.
  package static func replace(
    _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644, isDurable: Bool = false
  ) -> String? {
    let draft = path + ".\(getpid())"
    unsafe unlink(draft)
    let file = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard file >= 0 else { return SystemError.reason(errno) }
    let isWritten = unsafe write(file, bytes, bytes.count) == bytes.count
    let failure = isWritten && (!isDurable || fsync(file) == 0) ? nil : SystemError.reason(errno)
    close(file)
    guard failure == nil, unsafe rename(draft, path) == 0 else {
      let reason = failure ?? SystemError.reason(errno)
      unsafe unlink(draft)
      return reason
    }
    return nil
  }
}
