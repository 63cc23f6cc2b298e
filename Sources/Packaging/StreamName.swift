// SPDX-License-Identifier: Apache-2.0

/// Names of streams.
package enum StreamName {
  /// Names with another meaning in the first element of a URL.
  package static let reserved: Set<String> = [
    "api", "auth", "conf", "favicon.ico", "health", "isotime", "ldash", "metrics", "player",
    "ready", "stats", "time", "t", "version", "ws", ".", "..",
  ]

  /// Whether a stream may have this name.
  package static func isValid(_ name: String) -> Bool {
    let letters = name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
      default: false
      }
    }
    return letters && (1...64).contains(name.utf8.count) && !reserved.contains(name)
      && ![".m3u8", ".mpd", ".json"].contains { name.hasSuffix($0) }
  }
}
