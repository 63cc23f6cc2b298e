// SPDX-License-Identifier: Apache-2.0

import Checked

/// Names of streams.
package enum StreamName {
  /// Names with another meaning in the first element of a URL, or in the folder of the archive.
  package static let reserved: Set<String> = [
    ".ages", ".lock", "api", "auth", "conf", "console", "favicon.ico", "health", "isotime",
    "ldash", "login", "metrics", "player", "ready", "stats", "time", "t", "version", "ws", ".",
    "..",
  ]

  /// Whether a stream may have this name.
  package static func isValid(_ name: String) -> Bool {
    NameCharacters.isName(name) && !reserved.contains(name)
      && ![".m3u8", ".mpd", ".json"].contains { name.hasSuffix($0) }
  }
}
