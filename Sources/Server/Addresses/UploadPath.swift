// SPDX-License-Identifier: Apache-2.0

package import Packaging

/// A path that means a file of a stream, if it is an uploaded stream.
///
/// `/S/FILE`, `/ldash/S/FILE` and, for players only, `/ldash/play/S/FILE`.
package struct UploadPath: Equatable, Sendable {
  /// The name of the stream.
  package let stream: String
  /// The file; nil for the page of the stream.
  package let file: UploadName?
  /// Whether the path begins with `/ldash/play`: its page and its files are for players.
  package let isPlayer: Bool

  /// Reads a path from the texts between its slashes; nil if no uploaded stream has such a path.
  package init?(_ segments: [String]) {
    var rest = segments[...]
    var isPlayer = false
    if rest.first == "ldash" {
      rest = rest.dropFirst()
      if rest.first == "play" {
        isPlayer = true
        rest = rest.dropFirst()
      }
    }
    guard let stream = rest.popFirst(), StreamName.isValid(stream) else { return nil }
    self.stream = stream
    self.isPlayer = isPlayer
    // A path without a slash after the stream is a page for players only.
    if rest.isEmpty ? isPlayer : rest.elementsEqual([""]) {
      file = nil
    } else {
      guard let name = UploadName(rest) else { return nil }
      file = name
    }
  }
}
