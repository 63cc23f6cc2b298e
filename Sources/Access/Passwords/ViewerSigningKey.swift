// SPDX-License-Identifier: Apache-2.0

import Checked
import Sharing
import System

/// The key that signs for viewers with a password if their stream has no key of playback tokens.
///
/// It is kept in the state folder, so that viewers continue after a restart.
package final class ViewerSigningKey: Sendable {
  private static let fileName = "viewer-key"
  private static let length = 32

  private let folder: String?
  private let report: @Sendable (String) -> Void
  private let known = Locked<TokenKey?>(nil)

  /// A key that is read or created when it is needed.
  ///
  /// - Parameters:
  ///   - folder: the state folder; nil for none: the key ends with the process.
  ///   - report: called with the reason if a new key cannot be kept.
  package init(folder: String?, report: @escaping @Sendable (String) -> Void = { _ in }) {
    self.folder = folder
    self.report = report
  }

  /// The path of the file in a state folder.
  package static func path(in folder: String?) -> String? { folder.map { "\($0)/\(fileName)" } }

  /// The key; the first call reads or writes the file.
  package var key: TokenKey {
    known.withLock { known in
      if let known { return known }
      let key = read() ?? (isThere ? unreadable() : create())
      known = key
      return key
    }
  }

  private var isThere: Bool { Self.path(in: folder).map { DiskFolder.exists($0) } ?? false }

  /// A key of the process: a file that an administrator has written is not replaced.
  private func unreadable() -> TokenKey {
    report(
      "\(Self.path(in: folder) ?? "") cannot be read, or begins with less than "
        + "\(2 * Self.length) characters")  // bounded: a constant
    return TokenKey(named: "server", secret: Array(hexadecimal(Self.random).utf8))
  }

  private func read() -> TokenKey? {
    guard let bytes = Self.path(in: folder).flatMap({ PrivateFile.contents($0) }) else {
      return nil
    }
    let line = bytes.prefix { $0 > 0x20 && $0 < 0x7F }
    // bounded: a constant
    return line.count >= 2 * Self.length ? TokenKey(named: "server", secret: Array(line)) : nil
  }

  /// Random bytes of OpenSSL, or without them those of the system.
  private static var random: [UInt8] {
    let bytes = Digest.random(length)
    return bytes.isEmpty ? (0..<length).map { _ in UInt8.random(in: .min ... .max) } : bytes
  }

  private func create() -> TokenKey {
    let secret = hexadecimal(Self.random)
    let problem =
      if let folder, let path = Self.path(in: folder) {
        PrivateFile.write(Array("\(secret)\n".utf8), to: path, in: folder)
      } else {
        "neither STATE_DIRECTORY nor XDG_STATE_HOME nor HOME is set"
      }
    if let problem {
      report(problem)
      return TokenKey(named: "server", secret: Array(secret.utf8))
    }
    // Another process may have written the file at the same time.
    return read() ?? TokenKey(named: "server", secret: Array(secret.utf8))
  }
}
