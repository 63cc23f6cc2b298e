// SPDX-License-Identifier: Apache-2.0

import Glibc
import System

/// Whether this user may write an archive to a folder.
enum FolderAccess {
  /// The obstacle to files in the folder at `path`; nil for none.
  static func obstacle(to path: String) -> SystemError? {
    unsafe access(path, W_OK | X_OK) == 0 ? nil : SystemError("access", errno)
  }

  /// Whether rights, or a file system that is read only, are the reason of an error.
  static func isOfRights(_ error: SystemError) -> Bool {
    [EROFS, EACCES, EPERM].contains { code in
      ["mkdir", "open", "access"].contains { error == SystemError($0, code) }
    }
  }
}
