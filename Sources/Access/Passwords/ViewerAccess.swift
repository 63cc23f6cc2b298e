// SPDX-License-Identifier: Apache-2.0

/// The viewers whom a stream permits: `--viewers`.
package enum PermittedViewers: String, Sendable, CaseIterable {
  /// All clients.
  case everybody
  /// Clients with the password, and with signed links if there are keys.
  case password
  /// Clients with signed links.
  case links
}

/// The rule that lets clients watch a stream: keys of playback tokens, a password, both or neither.
package struct ViewerAccess: Sendable, Equatable {
  /// All clients may watch.
  package static let everybody = ViewerAccess(keys: [])

  /// The keys that sign playback tokens: those of links, then those of the password; without one
  /// all clients may watch.
  package let keys: [TokenKey]
  /// The password; nil for none.
  package let password: ViewerPassword?

  /// Access by links with these keys; without keys all clients may watch.
  package init(keys: [TokenKey]) { (self.keys, password) = (keys, nil) }

  /// Access by a password, and by links with these keys.
  ///
  /// - Parameters:
  ///   - keys: the keys of links; may be empty.
  ///   - hash: the hash of the password.
  ///   - secret: signs for viewers with the password if there are no keys.
  package init(keys: [TokenKey], password hash: PasswordHash, secret: @autoclosure () -> TokenKey) {
    let password = ViewerPassword(hash, sources: keys.isEmpty ? [secret()] : keys)
    self.keys = keys + password.keys
    self.password = password
  }

  /// The rule in words of the option.
  package var rule: PermittedViewers {
    password != nil ? .password : keys.isEmpty ? .everybody : .links
  }
}
