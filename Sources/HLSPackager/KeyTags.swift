// SPDX-License-Identifier: Apache-2.0

import Checked
import Encryption
import Packaging

/// The EXT-X-KEY lines of segments.
///
/// - Source: RFC 8216bis §4.4.4.4 (SAMPLE-AES with KEYFORMAT)
struct KeyTags {
  private let names: MediaNames
  private let base: String
  private var last: (identifier: [UInt8], lines: [String])?

  /// The lines of a playlist whose names have the prefix `base`.
  init(_ names: MediaNames, base: String) {
    self.names = names
    self.base = base
  }

  /// The lines of a past segment; a gap has those of its header.
  mutating func lines(of segment: PastSegment) -> [String] {
    switch segment.key {
    case .present: lines(of: segment.number)
    case .clear: []
    case .earlier(let identifier): [Self.clearKey(identifier, base)]
    }
  }

  /// The lines of a segment, one for each licence system; empty if the media is clear.
  mutating func lines(of segment: Int64) -> [String] {
    guard let key = names.keys?.key(of: segment) else { return [] }
    if let last, last.identifier == key.identifier { return last.lines }
    let lines = Self.lines(key, base)
    last = (key.identifier, lines)
    return lines
  }

  private static func lines(_ key: ContentKey, _ base: String) -> [String] {
    [clearKey(key.identifier, base)]
      + key.signals.compactMap(\.keyAttributes).map { "#EXT-X-KEY:METHOD=SAMPLE-AES,\($0)" }
  }

  private static func clearKey(_ identifier: [UInt8], _ base: String) -> String {
    // The licences are in the folder of the stream, above those of renditions.
    "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"\(base)../clearkey\",KEYFORMAT=\"org.w3.clearkey\","
      + "KEYFORMATVERSIONS=\"1\",KEYID=0x\(hexadecimal(identifier))"
  }
}
