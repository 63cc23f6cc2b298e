// SPDX-License-Identifier: Apache-2.0

import Checked
package import Sharing

/// A strong entity tag, computed from the bytes of a body.
/// - Source: RFC 9110 §8.8.3
package enum EntityTag {
  /// The tag of `bytes`: 64 bits of FNV-1a, quoted.
  package static func text(of bytes: SharedBytes) -> String {
    let content = unsafe UnsafeRawBufferPointer(start: bytes.start, count: bytes.count)
    let hash = unsafe content.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
      // bounded: a hash
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    return "\"\(hexadecimal(hash))\""
  }
}

extension Request {
  /// Whether `If-None-Match` contains `tag`, by weak comparison, or is `*`.
  ///
  /// The response is then 304.
  ///
  /// - Source: RFC 9110 §13.1.2
  package func hasNoneMatch(_ tag: String) -> Bool {
    guard let value = header("if-none-match") else { return false }
    // No tag of this server contains a comma, so a list is split at each comma.
    return value.split(separator: ",").contains { item in
      let given = String(decoding: trimmed(ArraySlice(Array(item.utf8))), as: UTF8.self)
      return given == "*" || given == tag || given == "W/" + tag
    }
  }
}
