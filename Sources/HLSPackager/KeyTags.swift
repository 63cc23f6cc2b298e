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
    case .other(let identifier): lines(with: identifier)
    }
  }

  /// The lines of a segment, one for each licence system; empty if the media is clear.
  mutating func lines(of segment: Int64) -> [String] {
    guard let key = names.keys?.key(of: segment) else { return [] }
    return lines(key.identifier) { key }
  }

  /// The lines of a key of which the KID is known; the signals of licence systems are known of keys
  /// that the stream has.
  private mutating func lines(with identifier: [UInt8]) -> [String] {
    let keys = names.keys
    return lines(identifier) { keys?.key(with: identifier) }
  }

  private mutating func lines(_ identifier: [UInt8], _ key: () -> ContentKey?) -> [String] {
    if let last, last.identifier == identifier { return last.lines }
    // The licences are in the folder of the stream, above those of renditions.
    let clearKey =
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"\(base)../clearkey\",KEYFORMAT=\"org.w3.clearkey\","
      + "KEYFORMATVERSIONS=\"1\",KEYID=0x\(hexadecimal(identifier))"
    let others = key()?.signals.compactMap(\.keyAttributes) ?? []
    let lines = [clearKey] + others.map { "#EXT-X-KEY:METHOD=SAMPLE-AES,\($0)" }
    last = (identifier, lines)
    return lines
  }
}
