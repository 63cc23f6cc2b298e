// SPDX-License-Identifier: Apache-2.0

import HTTP

/// The values of the names in braces of an ``EdgeCase``: pure.
package struct EdgeNames: Sendable, Equatable {
  /// Host and port of the edge.
  package let authority: String
  /// The value of `User-Agent`.
  package let agent: String
  /// The path before the name of a stream: empty, or such as `/cameras` or `/t/TOKEN`.
  package var prefix = ""
  /// The stream below which requests are sent.
  package var stream = ""
  /// A part that no other case uses, and a segment that does not exist yet.
  package var segment: Int64 = 0, part: Int64 = 0, next: Int64 = 0
  /// A time before the oldest media, in seconds since 1970.
  package var past: Int64 = 0

  /// The names without a stream.
  package init(authority: String, agent: String) {
    (self.authority, self.agent) = (authority, agent)
  }

  /// The path of a resource; nil for one that is above the stream.
  func path(_ resource: EdgeCase.Resource) -> String? {
    switch resource {
    case .playlist: "\(prefix)/\(stream)/video/playlist.m3u8"
    case .manifest: "\(prefix)/\(stream)/manifest.mpd"
    case .play: "\(prefix)/ldash/play/\(stream)/manifest.mpd"
    case .part: "\(prefix)/\(stream)/video/segment\(segment).\(part).m4s"
    case .segment: "\(prefix)/\(stream)/video/segment\(segment).m4s"
    case .past: "\(prefix)/\(stream)/video/from/\(past)/playlist.m3u8"
    case .missing: "\(prefix)/\(stream)/missing"
    case .root, .extent: nil
    }
  }

  /// The path of the document that states how far viewers may go back.
  var extentPath: String { "\(prefix)/\(stream)/dvr.json" }

  /// Replaces the names in braces; other braces stay.
  func fill(_ text: String) -> String {
    guard text.contains("{") else { return text }
    return text.replacing("{msn}", with: "\(segment)").replacing("{part}", with: "\(part)")
      .replacing("{next}", with: "\(next)").replacing("{host}", with: authority)
      .replacing("{long}", with: String(repeating: "x", count: 20_000))
      .replacing("{target}", with: String(repeating: "x", count: 5_000))
  }

  /// The fields of a row.
  func fields(_ rows: [[String?]]?) -> [HeaderField] {
    (rows ?? []).compactMap { row in
      guard let name = row.first ?? nil, let value = row.last ?? nil, row.count == 2 else {
        return nil
      }
      return HeaderField(name, fill(value))
    }
  }
}
