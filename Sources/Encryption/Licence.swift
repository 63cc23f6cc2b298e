// SPDX-License-Identifier: Apache-2.0

import Checked
import FoundationEssentials
import System

/// A licence of ClearKey: keys as a JSON Web Key Set.
///
/// - Source: W3C Encrypted Media Extensions §9.1.3 (request), §9.1.4 (licence)
package enum Licence {
  /// The most bytes of a request.
  package static let largestRequest = 2048
  /// The most KIDs of a request.
  private static let maximumIdentifiers = 16

  private struct Request: Decodable {
    let kids: [String]
  }

  private struct Key: Encodable {
    let kty = "oct"
    let kid: String, k: String
  }

  private struct KeySet: Encodable {
    let keys: [Key]
    let type = "temporary"
  }

  /// The KIDs that a request of a player names.
  ///
  /// - Parameter body: `{"kids": ["base64url", …]}`; an empty body names none.
  /// - Returns: nil if it is no request, or names more than 16.
  package static func identifiers(_ body: [UInt8]) -> [[UInt8]]? {
    guard !body.isEmpty else { return [] }
    guard body.count <= largestRequest, JSONSyntax.isValid(body),
      let request = try? JSONDecoder().decode(Request.self, from: Data(body))
    else { return nil }
    guard request.kids.count <= maximumIdentifiers else { return nil }
    let identifiers = request.kids.map { Base64.decode($0, .url) }
    guard identifiers.allSatisfy({ $0?.count == 16 }) else { return nil }
    return identifiers.compactMap(\.self)
  }

  /// The licence for keys, as JSON.
  ///
  /// It contains the keys: neither caches nor logs may keep it.
  package static func json(_ keys: [ContentKey]) -> [UInt8] {
    let set = KeySet(
      keys: keys.map {
        Key(
          kid: Base64.encode($0.identifier, .url), k: Base64.encode($0.secret.array, .url))
      })
    return (try? JSONEncoder().encode(set)).map { Array($0) } ?? []
  }
}
