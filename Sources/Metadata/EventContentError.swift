// SPDX-License-Identifier: Apache-2.0

/// Why a JSON text is not the event that it seems to be.
package struct EventContentError: Error, Equatable, CustomStringConvertible {
  package let description: String

  /// A fault of the member `key`.
  init(_ key: String, _ reason: String) {
    let name = String(decoding: key.utf8.prefix(40), as: UTF8.self)
    description = "\(name): \(reason)"
  }
}
