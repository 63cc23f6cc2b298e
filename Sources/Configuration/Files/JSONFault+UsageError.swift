// SPDX-License-Identifier: Apache-2.0

import Checked

extension JSONFault {
  /// The error of a file or of the content of a request.
  func usageError(at location: SettingLocation) -> UsageError {
    switch reason {
    case .expected(let expected):
      UsageError(
        .location(location), .problem("invalid JSON at line \(line), column \(column)"),
        expected: OptionText(expected))
    case .duplicateKey(let key):
      UsageError(
        .location(location),
        .problem("duplicate key \"\(key)\" at line \(line), column \(column)"))
    }
  }
}
