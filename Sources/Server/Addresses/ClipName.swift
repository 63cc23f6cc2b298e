// SPDX-License-Identifier: Apache-2.0

import Media
package import Time

/// The name of a clip in a path: `FROM--TO.mp4`, or `FROM--TO.m3u8`.
package struct ClipName: Equatable {
  /// The content under a name.
  package enum Form: Equatable {
    /// An MP4 file, cut exactly.
    case file
    /// A playlist of the segments of the span.
    case playlist
  }

  /// The longest span.
  package static let maximumDuration = Interval.seconds(7200)

  package let form: Form
  /// From the start to the end; not empty.
  package let span: Range<WallTime>

  /// Whether a path with this name may be that of a clip: the files of a rendition that is named
  /// `clip` have no `--` and begin with a letter.
  static func isClip(_ name: String) -> Bool {
    form(of: name) != nil && (name.contains("--") || name.first?.isNumber == true)
  }

  /// Reads a name.
  ///
  /// - Throws: ``RequestRefusal`` for another text, and for an empty or too long span.
  package init(_ name: String) throws(RequestRefusal) {
    guard let (form, text) = Self.form(of: name) else {
      throw .init("not a clip (expected FROM--TO.mp4 or FROM--TO.m3u8)")
    }
    let times = text.split(separator: "--", omittingEmptySubsequences: false)
    guard times.count == 2, let from = InstantText.time(times[0]),
      let to = InstantText.time(times[1])
    else {
      throw .init("not a span (expected FROM--TO, each of them as \(InstantText.expected))")
    }
    guard from < to else { throw .init("the span is empty (expected FROM before TO)") }
    guard to - from <= Self.maximumDuration else {
      let limit = Self.maximumDuration.wholeSeconds
      throw .init("the span is too long (expected at most \(limit) seconds)")
    }
    self.form = form
    span = from..<to
  }

  private static func form(of name: String) -> (Form, Substring)? {
    for (suffix, form) in [(".mp4", Form.file), (".m3u8", .playlist)] where name.hasSuffix(suffix) {
      return (form, name.dropLast(suffix.count))
    }
    return nil
  }
}

/// The playlist of a clip.
enum ClipPlaylist: Sendable {
  /// That of the segments of a rendition; `base` is the relative path to its media.
  case media(base: String)
  /// The Multivariant Playlist of the playlists with this name of all renditions.
  case multivariant(name: String)
}
