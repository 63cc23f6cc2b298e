// SPDX-License-Identifier: Apache-2.0

import Time

extension MonotonicTime {
  /// The instant `seconds` after the origin.
  static func at(_ seconds: Int64) -> MonotonicTime { .origin + .seconds(seconds) }
}
