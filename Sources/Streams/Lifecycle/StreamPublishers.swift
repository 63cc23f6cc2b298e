// SPDX-License-Identifier: Apache-2.0

/// The publishers of a stream, one after another.
package struct StreamPublishers: Sendable {
  /// Their number up to now.
  package let count: @Sendable () -> UInt64
  /// Sets the function that is called when a publisher begins, instead of the one before.
  package let whenBegun: @Sendable (@escaping @Sendable () -> Void) -> Void

  /// The publishers of a stream.
  package init(
    count: @escaping @Sendable () -> UInt64,
    whenBegun: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
  ) {
    (self.count, self.whenBegun) = (count, whenBegun)
  }
}
