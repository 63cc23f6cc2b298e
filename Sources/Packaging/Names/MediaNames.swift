// SPDX-License-Identifier: Apache-2.0

import Checked
package import Encryption

/// Writes the names of a stream's media files: `segmentN.m4s`, `segmentN.K.m4s`, `segmentN.vtt`,
/// `init-<hash>.mp4`.
///
/// ``MediaName`` reads them.
package struct MediaNames: Sendable, Equatable {
  /// The numbering of segments in names.
  package enum Numbering: String, Sendable, CaseIterable, Codable {
    /// The segment number since 1970; it continues after a restart.
    case epoch
    /// From 1 in each stream session, five digits, for scripts that expect that.
    case run
  }

  /// The numbering of segments in names.
  package let numbering: Numbering
  /// The segment number since 1970 minus the number in a name.
  package let base: Int64
  /// The keys of the media; nil if it is clear.
  package let keys: StreamKeys?

  /// Names for `numbering`; `first` is the first segment of the stream session.
  package init(_ numbering: Numbering, first: Int64, keys: StreamKeys? = nil) {
    self.keys = keys
    self.numbering = numbering
    self.base = numbering == .run ? first - 1 : 0
  }

  /// The Media Sequence Number that playlists print; it is always the number in the name.
  package func printed(_ segment: Int64) -> Int64 { segment - base }

  /// The segment number since 1970 for a printed number; nil if no stream can have it.
  package func segment(printed number: UInt64) -> Int64? {
    // Above all real numbers, and small enough to be multiplied by the frames of a segment.
    guard number <= 100_000_000_000_000 else { return nil }
    return Int64(number) + base
  }

  /// The segment number since 1970 for a number in a name.
  ///
  /// Nil if no stream can have the number, or if this numbering writes it with other digits.
  package func segment(_ number: MediaName.Number) -> Int64? {
    let least = numbering == .run ? 5 : 1
    guard number.digits == max(least, MediaName.digitCount(number.value)) else { return nil }
    return segment(printed: number.value)
  }

  /// `segment1795155720.m4s`, or `segment00001.m4s` with the numbering ``Numbering/run``.
  package func name(ofSegment segment: Int64) -> String { stem(segment) + ".m4s" }

  /// `segment1795155720.0.m4s`.
  package func name(ofPart part: Int64, in segment: Int64) -> String {
    "\(stem(segment)).\(part).m4s"
  }

  /// `segment1795155720.vtt`: the WebVTT of a segment.
  package func name(ofText segment: Int64) -> String { stem(segment) + ".vtt" }

  /// `init-a1b2c3d4.mp4`.
  package func name(ofHeader hash: String) -> String { "init-\(hash).mp4" }

  private func stem(_ segment: Int64) -> String {
    "segment" + padded("\(printed(segment))", to: numbering == .run ? 5 : 1)
  }
}
