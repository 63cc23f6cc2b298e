// SPDX-License-Identifier: Apache-2.0

import Logging

/// Why a connection to a receiver has ended.
package struct PushFailure: Error, Equatable, CustomStringConvertible {
  /// The fault, without secrets.
  package let description: String
  /// Whether the receiver has refused the stream: the next attempt has little hope.
  package let isRefusal: Bool

  /// A fault of the connection or of the receiver.
  package static func lost(_ reason: String) -> PushFailure {
    PushFailure(description: Redaction.redact(reason), isRefusal: false)
  }

  /// The receiver does not take the stream.
  package static func refused(_ reason: String) -> PushFailure {
    PushFailure(description: Redaction.redact(reason), isRefusal: true)
  }
}
