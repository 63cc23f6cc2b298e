// SPDX-License-Identifier: Apache-2.0

import Checked

/// The digest of all bytes of a segment, as two numbers: see ``SegmentDigest/content``.
package struct ContentTag: Sendable, Equatable {
  private let high, low: UInt64

  /// The tag of a segment with this digest.
  package init(_ digest: SegmentDigest) {
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
      bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
    (high, low) = (number(digest.content.prefix(8)), number(digest.content.dropFirst(8).prefix(8)))
  }

  /// The tag in a strong entity tag; nil if it has another form.
  package init?(entityTag text: String) {
    let digits = text.dropFirst().dropLast()
    guard text.utf8.count == 34, text.hasPrefix("\""), text.hasSuffix("\""),
      digits.utf8.allSatisfy(isHexadecimal), let high = UInt64(digits.prefix(16), radix: 16),
      let low = UInt64(digits.suffix(16), radix: 16)
    else { return nil }
    (self.high, self.low) = (high, low)
  }

  /// 32 hexadecimal digits.
  package var text: String { hexadecimal(high) + hexadecimal(low) }
}
