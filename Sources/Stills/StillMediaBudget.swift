// SPDX-License-Identifier: Apache-2.0

import Sharing

/// The memory for archived media of stills, from its reading until the still is made.
package final class StillMediaBudget: Sendable {
  /// Some of the memory, which is given back when nothing refers to it any more.
  package final class Share: Sendable {
    private let bytes: Int
    private let budget: StillMediaBudget

    fileprivate init(_ bytes: Int, of budget: StillMediaBudget) {
      self.bytes = bytes
      self.budget = budget
    }

    // bounded: the bytes were added when the share was taken
    deinit { budget.used.withLock { [bytes] in $0 -= bytes } }
  }

  private let limit: Int
  private let used = Locked(0)

  /// A budget of `limit` bytes.
  init(limit: Int) { self.limit = limit }

  /// The memory for `bytes` of media; nil if others have too much of it.
  ///
  /// One still may have more than the limit, if it is the only one.
  package func share(of bytes: Int) -> Share? {
    let isTaken = used.withLock { used in
      guard used == 0 || bytes <= limit - used else { return false }
      used += bytes  // bounded: bytes of a segment
      return true
    }
    return isTaken ? Share(bytes, of: self) : nil
  }
}
