// SPDX-License-Identifier: Apache-2.0

/// The only response of a connection that is refused as a whole.
struct Refusal {
  let status: Int
  let line: String
  let fault: ConnectionFault

  /// When to try again, in seconds.
  static let retryAfter = HeaderField("Retry-After", "1")
}
