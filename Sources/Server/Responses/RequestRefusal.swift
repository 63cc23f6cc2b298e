// SPDX-License-Identifier: Apache-2.0

import HTTP

/// Why a request is refused: the status of the response, and its line for the client.
package struct RequestRefusal: Error, Equatable {
  package let status: Int
  package let reason: String

  init(_ reason: String, status: Int = 400) {
    self.status = status
    self.reason = reason
  }

  /// The response.
  var response: PreparedResponse { .error(status, reason) }
}
