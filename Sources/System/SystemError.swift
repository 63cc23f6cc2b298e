// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A call that the system has refused; `description` is one line for the operator.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The name of the call.
  let call: String
  /// The value of `errno`.
  let code: Int32

  /// An error with this value of `errno`.
  package init(_ call: String, _ code: Int32) {
    self.call = call
    self.code = code
  }

  package var description: String { "\(call): \(Self.reason(code))" }

  /// The system's words for a value of `errno`.
  package static func reason(_ code: Int32) -> String {
    unsafe String(cString: strerror(code))
  }
}
