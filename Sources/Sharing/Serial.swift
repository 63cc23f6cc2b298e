// SPDX-License-Identifier: Apache-2.0

/// The value of a lock that only serialises actions.
///
/// It has a size, unlike `()`: an empty state has the address of the object behind the lock, whose
/// use by another thread ThreadSanitizer would report as a race.
package struct Serial: Sendable {
  private let size: UInt8 = 0

  /// An order.
  package init() {}
}
