// SPDX-License-Identifier: Apache-2.0

import Checked

/// Four characters that name a codec in Enhanced RTMP.
package struct FourCC: Sendable, Hashable {
  /// The four bytes, the first in the highest.
  package let code: UInt32

  /// The code of four bytes.
  package init(_ code: UInt32) { self.code = code }

  /// The code of a name of four characters.
  package init(_ name: StaticString) {
    var code: UInt32 = 0
    name.withUTF8Buffer { unsafe code = $0.reduce(0) { $0 << 8 | UInt32($1) } }
    self.code = code
  }

  /// The name; characters other than letters, digits, `-` and `.` are question marks.
  package var name: String {
    let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: code >> UInt32($0)) }
    return String(
      bytes.map { byte -> Character in
        let isKept = NameCharacters.isLetterOrDigit(byte) || byte == 0x2D || byte == 0x2E
        return isKept ? Character(UnicodeScalar(byte)) : "?"
      })
  }
}

/// A codec of a tag.
package enum TagCodec: Sendable, Equatable {
  /// One that publishers may send.
  case known(TrackConfiguration.Codec)
  /// A codec that is not accepted, by its name.
  case other(String)
}
