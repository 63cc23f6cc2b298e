// SPDX-License-Identifier: Apache-2.0

import CBuild

/// The version, the commit and the compiler of the program.
package enum Version {
  /// The version by Semantic Versioning, which the package of Debian, the package of npm and the
  /// changelog have too.
  package static let text = "0.3.0"

  /// The commit in hexadecimal digits, with `-modified` if a file differed from it; "unknown" in a
  /// build without make or outside git.
  package static var commit: String { unsafe String(cString: cbuild_commit()) }

  /// The date of the commit in UTC, `2026-11-25`; "unknown" like the commit.
  package static var commitDate: String { unsafe String(cString: cbuild_commit_date()) }

  /// The version of the Swift compiler; "unknown" in a build without make.
  package static var swift: String { unsafe String(cString: cbuild_swift()) }
}
