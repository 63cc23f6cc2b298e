// SPDX-License-Identifier: Apache-2.0

import Checked

/// This server among the servers that relay a stream.
package enum ServerIdentity {
  /// The name of the field of requests with the identities of the servers that would relay.
  package static let field = "Streamer-Relay"
  /// The most servers between the first one and a viewer, the first one included.
  package static let maximumServers = 8
  /// The most characters of an identity.
  package static let longest = 32

  /// The identity of this process.
  package static let own = hexadecimal(UInt64.random(in: .min ... .max))

  /// Whether a text can be an identity.
  package static func isValid(_ text: some StringProtocol) -> Bool {
    (1...longest).contains(text.utf8.count) && NameCharacters.isMade(text, with: "")
  }
}
