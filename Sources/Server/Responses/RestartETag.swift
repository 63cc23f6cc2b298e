// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import Time

/// Entity tags for objects that never change while the process runs.
///
/// The tags are strong: different bytes have different tags. After a restart prefill reuses names
/// with other bytes, so the tag contains the start time of the process.
/// - Source: RFC 9110 §8.8.1, §8.8.3
enum RestartETag {
  /// The start of the process in milliseconds.
  private static let start = String(SystemClock.wallTime.milliseconds, radix: 36)

  /// The field for the object with this name.
  static func of(_ name: String) -> HeaderField { HeaderField("ETag", "\"\(start)-\(name)\"") }
}
