// SPDX-License-Identifier: Apache-2.0

/// What a canary follows.
package struct CanaryTarget: Sendable, Equatable {
  /// How the stream is received.
  package enum Form: String, Sendable {
    /// Parts of LL-HLS, each requested before it exists, by its preload hint.
    case parts
    /// Open segments of LL-DASH, by the MPD.
    case segments
    /// Open segments of the frame stream, by the names in a playlist.
    case frames

    /// The clocks of its ages: only the parts of a playlist have EXT-X-PROGRAM-DATE-TIME.
    package var clocks: [AgeClock] { self == .parts ? [.prft, .pdt, .burned] : [.prft, .burned] }
  }

  package let url: String
  package let form: Form

  /// A playlist (`.m3u8`), an MPD (`.mpd`), or the address of a stream (ends with `/`).
  ///
  /// - Returns: nil for another address.
  package init?(_ url: String) {
    guard let scheme = url.firstRange(of: #/^https?:\/\/[^\/]+\//#) else { return nil }
    let path = url[scheme.upperBound...].prefix { $0 != "?" && $0 != "#" }
    guard !url.contains(where: { $0.isWhitespace || $0.isNewline }), url.utf8.count <= 2000
    else { return nil }
    self.url = url
    if path.hasSuffix(".m3u8") {
      form = .parts
    } else if path.hasSuffix(".mpd") {
      form = .segments
    } else if path.isEmpty || path.hasSuffix("/") {
      form = .frames
    } else {
      return nil
    }
  }
}
