// SPDX-License-Identifier: Apache-2.0

import Glibc
import System

/// Whether this user may write an archive to a folder.
enum FolderAccess {
  /// A file without a name, which is gone when it is closed.
  ///
  /// - Source: open(2), `O_TMPFILE` of Linux
  private static let unnamed = 0o20_000_000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC
  /// The errors of file systems that have no such files.
  private static let unsupported = [EOPNOTSUPP, EISDIR, EINVAL]

  /// The obstacle to files in the folder at `path`, in which one is tried; nil for none.
  static func obstacle(to path: String) -> SystemError? {
    let descriptor = unsafe open(path, unnamed, 0o600)
    guard descriptor < 0 else {
      close(descriptor)
      return nil
    }
    let reason = errno
    guard unsupported.contains(reason) else { return SystemError("open", reason) }
    return unsafe access(path, W_OK | X_OK) == 0 ? nil : SystemError("access", errno)
  }

  /// Whether rights, or a file system that is read only, are the reason of an error.
  static func isOfRights(_ error: SystemError) -> Bool {
    [EROFS, EACCES, EPERM].contains { code in
      ["mkdir", "open", "access"].contains { error == SystemError($0, code) }
    }
  }
}
