// SPDX-License-Identifier: Apache-2.0

import Capture

/// An opened connection with its first unit, to be taken by another thread.
final class OpenedConnection: @unchecked Sendable {
  private var input: InputConnection?
  /// Nil if none was read.
  let first: InputUnit?
  let cancellation: InputCancellation

  init(
    _ input: consuming InputConnection, first: InputUnit?, _ cancellation: InputCancellation
  ) {
    self.input = consume input
    self.first = first
    self.cancellation = cancellation
  }

  /// The connection at the first call, nil afterwards.
  func take() -> InputConnection? { input.take() }
}
