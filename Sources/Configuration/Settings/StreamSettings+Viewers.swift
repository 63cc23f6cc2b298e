// SPDX-License-Identifier: Apache-2.0

package import Access
import System

/// The permitted viewers of a stream.
extension StreamSettings {
  /// The permitted viewers: as requested, else by the password and the keys.
  package var permittedViewers: PermittedViewers {
    viewers ?? (viewerPassword != nil ? .password : playbackKeys.isEmpty ? .everybody : .links)
  }

  /// The password and the keys that permit clients to watch.
  ///
  /// A password or links that are missing permit no client.
  ///
  /// - Parameter secret: signs for viewers with the password if the stream has no keys.
  /// - Returns: the access.
  package func access(signedBy secret: @autoclosure () -> TokenKey) -> ViewerAccess {
    switch permittedViewers {
    case .everybody: return .everybody
    case .password:
      guard let viewerPassword else { return ViewerAccess(keys: [secret()]) }
      return ViewerAccess(keys: playbackKeys, password: viewerPassword, secret: secret())
    case .links: return ViewerAccess(keys: playbackKeys.isEmpty ? [secret()] : playbackKeys)
    }
  }

  /// A note about a password without effect; nil for none.
  var viewerNote: String? {
    guard viewerPassword != nil, permittedViewers == .links else { return nil }
    return "\(name): the password for viewers has no effect with viewers links"
  }

  /// The permitted viewers in one line, with the file of the key that signs; nil without a request.
  var viewerText: String? {
    switch permittedViewers {
    case .everybody: return viewers == nil ? nil : "all clients may watch"
    case .links: return "clients with signed links may watch"
    case .password:
      guard playbackKeys.isEmpty else {
        return "clients with the password or signed links may watch"
      }
      let file = ViewerSigningKey.path(in: PrivateFile.stateFolder(SystemEnvironment.value))
      return "clients with the password may watch; \(file ?? "a key that is not kept") signs for "
        + "them: give two origins of the stream the same file, or the same playbackKey"
    }
  }
}
