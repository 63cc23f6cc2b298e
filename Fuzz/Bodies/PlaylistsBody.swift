// SPDX-License-Identifier: Apache-2.0

import Validation

extension FuzzBody {
  /// Playlists of other origins: a Multivariant Playlist up to the first NUL, if there is one, and
  /// a playlist that can import its variables.
  ///
  /// The values of variables add no more than their limit to the bytes of a playlist.
  static let playlists = FuzzBody(
    name: "playlists",
    sources: [
      "Validation/Playlists/PlaylistVariables.swift", "Validation/Playlists/PlaylistText.swift",
      "Validation/Playlists/AttributeList.swift",
    ]
  ) { bytes in
    var imported: PlaylistVariables?
    for piece in bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false) {
      let variables = PlaylistVariables(url: "http://h/p?a=b&c=%20#d", importing: imported)
      let text = PlaylistText(Array(piece), variables)
      // A byte that is not UTF-8 becomes a character of three bytes.
      guard text.size <= 3 * piece.count + PlaylistVariables.maximumGrowth else {
        return "\(text.size) bytes of \(piece.count)"
      }
      _ = MediaPlaylist(text)
      imported = text.variables
    }
    return nil
  }
}
