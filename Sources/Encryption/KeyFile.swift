// SPDX-License-Identifier: Apache-2.0

import Checked
import FoundationEssentials

/// A file of keys: `{"keys": [{"kid": "…", "key": "…", "iv": "…"}, …]}` with hexadecimal digits.
package enum KeyFile {
  private struct Document: Decodable {
    struct Key: Decodable {
      let kid: String, key: String
      let iv: String?
    }

    let keys: [Key]
  }

  /// The most keys.
  private static let most = 4096

  /// The keys in their order; nil if the bytes are no such file, a key is malformed, or a KID
  /// occurs twice.
  package static func keys(_ bytes: [UInt8]) -> [ContentKey]? {
    guard (try? JSONSyntax.check(bytes, .document(allowsComments: false))) != nil,
      let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)),
      (1...most).contains(document.keys.count)
    else { return nil }
    let keys = document.keys.compactMap { entry -> ContentKey? in
      guard let identifier = ContentKey.bytes(entry.kid), let key = ContentKey.bytes(entry.key)
      else { return nil }
      guard let text = entry.iv else { return ContentKey(identifier: identifier, key: key) }
      return ContentKey.bytes(text).flatMap {
        ContentKey(identifier: identifier, key: key, vector: $0)
      }
    }
    guard keys.count == document.keys.count,
      Set(keys.map(\.identifier)).count == keys.count
    else { return nil }
    return keys
  }
}
