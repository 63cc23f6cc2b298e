// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Files of secrets, which other users must not read or change.
enum SecretFile {
  /// Checks that other users can neither read nor change the file.
  ///
  /// - Throws: an error for a file of another user, or with more permissions than 0640.
  static func checkOwner(_ path: String, of option: String) throws(UsageError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return }
    guard status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & 0o027 == 0 else {
      throw UsageError(
        .option(option), .problem("\(path): other users can read or change it"),
        expected: "a file of this user with mode 0600 or 0640")
    }
  }
}
