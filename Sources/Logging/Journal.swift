// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The journal of systemd, as the reader of standard error.
package enum Journal {
  /// Whether a descriptor is connected to the journal.
  ///
  /// - Source: systemd.exec(5), `$JOURNAL_STREAM`
  /// - Parameters:
  ///   - descriptor: the descriptor.
  ///   - stream: device and inode of the socket that systemd has connected, with a colon.
  /// - Returns: false also without `stream`.
  package static func reads(_ descriptor: Int32, stream: String?) -> Bool {
    let numbers = (stream ?? "").split(separator: ":", omittingEmptySubsequences: false)
    guard numbers.count == 2, let device = UInt64(numbers[0]), let inode = UInt64(numbers[1]) else {
      return false
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return false }
    return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
  }

  /// The value of `$JOURNAL_STREAM`; nil outside systemd.
  package static var stream: String? {
    unsafe getenv("JOURNAL_STREAM").map { unsafe String(cString: $0) }
  }

  /// The prefix that gives a line its priority.
  static func prefix(_ level: Log.Level) -> String { "<\(level.priority)>" }
}
