// SPDX-License-Identifier: Apache-2.0

import Checked

/// The address of a place for objects: `https://ENDPOINT/BUCKET/PREFIX`.
package struct ObjectStoreAddress: Sendable, Equatable {
  /// The address without a slash at its end.
  package let text: String

  /// The accepted form, for error texts.
  package static let expected =
    "an address such as https://s3.example.com/bucket/prefix, without user, query and fragment"

  /// Reads an address; nil for every other text.
  ///
  /// - Parameters:
  ///   - text: the address.
  ///   - hasBucket: whether it must have a path, whose first part is the bucket.
  package init?(_ text: String, hasBucket: Bool = true) {
    guard text.utf8.count <= 300,
      let scheme = ["https://", "http://"].first(where: text.lowercased().hasPrefix)
    else { return nil }
    var rest = text.dropFirst(scheme.count)
    while rest.hasSuffix("/") { rest.removeLast() }
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let host = parts.first, !host.isEmpty, NameCharacters.isMade(host, with: ".-:[]"),
      !hasBucket || parts.count > 1,
      // Keys need no percent signs, which clients and stores sign in different ways.
      parts.dropFirst().allSatisfy({
        !$0.isEmpty && $0 != "." && $0 != ".." && NameCharacters.isMade($0, with: ".-_")
      })
    else { return nil }
    self.text = scheme + rest
  }

  /// The address of an object.
  package func url(_ key: String) -> String { "\(text)/\(key)" }
}
