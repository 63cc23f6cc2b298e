// SPDX-License-Identifier: Apache-2.0

/// The limits of a request head.
package struct HeadLimits: Sendable, Equatable {
  /// Bytes of the whole head, including its last empty line; at most 65,535.
  package var headBytes = 16 * 1024
  /// Field lines.
  package var fieldCount = 100
  /// Bytes of the request target.
  package var targetBytes = 4 * 1024

  /// The default limits.
  package init() {}
}
