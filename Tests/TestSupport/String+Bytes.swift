// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Work on the bytes of a text by libc.
///
/// Tests are built without optimisation: `split`, `contains` and `replacing` of the standard
/// library then take milliseconds for a playlist, a hundred times as long.
extension String {
  /// The texts between line feeds; the last one is empty if the text ends with a line feed.
  package var byteLines: [String] { pieces(between: "\n") }

  /// Whether the text has the bytes of `other`, which is not empty.
  package func hasBytes(of other: String) -> Bool { pieces(between: other, most: 2).count > 1 }

  /// The text with `new` in place of the bytes of `old`, which is not empty.
  package func replacingBytes(of old: String, with new: String) -> String {
    pieces(between: old).joined(separator: new)
  }

  /// The texts between the occurrences of `separator`, up to a number of them.
  private func pieces(between separator: String, most: Int = .max) -> [String] {
    var (text, separator) = (self, separator)
    return text.withUTF8 { text in
      separator.withUTF8 { separator in
        var (pieces, start): ([String], Int) = ([], 0)
        while pieces.count + 1 < most,
          let place = unsafe Self.firstIndex(of: separator, in: text, from: start)
        {
          unsafe pieces.append(Self(decoding: text[start..<place], as: UTF8.self))
          start = place + separator.count
        }
        return unsafe pieces + [Self(decoding: text[start...], as: UTF8.self)]
      }
    }
  }

  private static func firstIndex(
    of separator: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int? {
    guard let base = text.baseAddress, let other = separator.baseAddress else {
      return nil
    }
    var start = start
    while start + separator.count <= text.count,
      let found = unsafe memchr(base + start, Int32(other[0]), text.count - start)
    {
      start = unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
      guard start + separator.count <= text.count else { return nil }
      if unsafe memcmp(found, other, separator.count) == 0 { return start }
      start += 1
    }
    return nil
  }
}
