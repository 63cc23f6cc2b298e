// SPDX-License-Identifier: Apache-2.0

import CMAF
import Checked
package import Media

/// A cue in a sample of a CMAF track of WebVTT.
///
/// - Source: ISO/IEC 14496-30 §7.4
package struct TrackText: Sendable, Equatable {
  /// The most cues of a sample that are read.
  private static let maximumCues = 16

  /// The language of the track.
  package var language: Language
  /// Ticks per second.
  package var timescale: UInt32
  /// The presentation time and the duration of the sample, in ticks.
  package var pts, duration: Int64
  /// The words, without markup, unchecked.
  package var text: String

  /// A cue.
  package init(
    _ text: String, _ language: Language, pts: Int64, duration: Int64, timescale: UInt32
  ) {
    self.text = text
    self.language = language
    self.pts = pts
    self.duration = duration
    self.timescale = timescale
  }

  /// The words of the cues in a sample (`vttc`); none in an empty one (`vtte`).
  ///
  /// - Throws: ``BoxError`` if the sample is malformed.
  static func texts(in sample: [UInt8]) throws(BoxError) -> [String] {
    var reader = BoxReader(sample)
    var texts: [String] = []
    while let box = try reader.next(), texts.count < maximumCues {
      guard box.type == "vttc", let payload = try box.optional("payl") else { continue }
      texts.append(plain(String(decoding: payload.rest, as: UTF8.self)))
    }
    return texts
  }

  /// The text of a payload: tags are removed, and escaped characters are read.
  ///
  /// - Source: W3C WebVTT, Candidate Recommendation of 4 April 2019, §6.4
  static func plain(_ payload: String) -> String {
    var text = String.UnicodeScalarView()
    var isTag = false
    for scalar in payload.unicodeScalars {
      switch scalar {
      case "<": isTag = true
      case ">" where isTag: isTag = false
      default: if !isTag { text.append(scalar) }
      }
    }
    var plain = String(text)
    // The ampersand is last: its replacement begins no other escape.
    for (escape, character) in [
      ("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", "\u{A0}"), ("&lrm;", "\u{200E}"),
      ("&rlm;", "\u{200F}"), ("&amp;", "&"),
    ] {
      plain = plain.replacing(escape, with: character)
    }
    return plain
  }

  /// The cue as a tag of the stream from publishers to their source.
  package var tag: MediaTag {
    var payload = language.packed.bigEndianBytes() + timescale.bigEndianBytes()
    payload += pts.bigEndianBytes() + duration.bigEndianBytes()
    payload += text.utf8
    return MediaTag(kind: .text, timestamp: 0, payload: payload)
  }

  /// Reads a tag; nil if it is another one, or malformed.
  package init?(_ tag: MediaTag) {
    var cursor = ByteCursor(tag.payload)
    guard tag.kind == .text, let packed = cursor.integer(2), let timescale = cursor.integer(4),
      timescale > 0, let pts = cursor.wide(), let duration = cursor.wide()
    else { return nil }
    self.init(
      String(decoding: tag.payload[cursor.rest], as: UTF8.self),
      Language(packed: UInt16(clamping: packed)), pts: pts, duration: duration,
      timescale: UInt32(clamping: timescale))
  }
}
