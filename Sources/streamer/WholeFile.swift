// SPDX-License-Identifier: Apache-2.0

import Glibc
import System

/// Files that other programs read while they are written.
enum WholeFile {
  /// Replaces a file by a complete one, so that no reader sees half of it.
  ///
  /// - Returns: the reason if it is not possible.
  static func replace(_ path: String, _ text: String) -> String? {
    let fresh = path + ".new"
    let descriptor = unsafe open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return SystemError.reason(errno) }
    let bytes = Array(text.utf8)
    let count = unsafe write(descriptor, bytes, bytes.count)
    close(descriptor)
    guard count == bytes.count, unsafe rename(fresh, path) == 0 else {
      return SystemError.reason(errno)
    }
    return nil
  }
}
