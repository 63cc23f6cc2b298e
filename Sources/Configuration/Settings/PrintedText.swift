// SPDX-License-Identifier: Apache-2.0

/// A text for a package, written from the option table.
package enum PrintedText: String, CaseIterable, Sendable {
  /// The manual page `streamer(1)`.
  case man
  /// The manual page `streamer.json(5)`.
  case manJSON = "man-json"
  /// The completion of bash.
  case bash
  /// The completion of zsh.
  case zsh
  /// A file of settings with all keys in comments.
  case json
}
