// SPDX-License-Identifier: Apache-2.0

/// The delimitation of a request body.
///
/// - Source: RFC 9112 §6.3
package enum BodyFraming: Sendable, Equatable {
  case none
  case contentLength(Int)
  case chunked
}
