// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Sharing

/// What happens when a library reports that it gets no memory.
///
/// A process with a limit ends: each further call would fail too, one frame after the other.
package enum OutOfMemory {
  private static let body = Locked<(@Sendable () -> Void)?>(nil)

  /// Calls `body` on the thread of each call that gets no memory.
  package static func whenNoted(_ body: @escaping @Sendable () -> Void) {
    Self.body.withLock { $0 = body }
  }

  /// Notes the result of a call.
  static func check(_ code: Int32) {
    if code == CFF_ENOMEM { body.withLock { $0 }?() }
  }
}
