// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing

/// Entity tags for what is written once in a run of the program.
///
/// Strong: the same tag is never given to other bytes. A restart fills the lost window anew under the
/// same names, so the run is part of the tag.
/// - Source: RFC 9110 §8.8.1, §8.8.3
enum ProcessETag {
  /// This run of the program.
  private static let run = String(SystemClock.wall / 1_000_000, radix: 36)

  /// A tag for what has this name in this run.
  static func of(_ name: String) -> HeaderField { HeaderField("ETag", "\"\(run)-\(name)\"") }
}
