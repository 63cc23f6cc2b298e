// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Glibc
import Sharing

/// What happens when a library reports that it gets no memory.
///
/// A process with a limit ends: each further call would fail too, one frame after the other. The
/// report alone is no reason: damaged media may ask for any size, and encoders of hardware report
/// with the same code that all their sessions are in use.
package enum OutOfMemory {
  private static let body = Locked<(@Sendable () -> Void)?>(nil)
  /// The bytes that a process has left if it can go on.
  private static let least = 8 << 20

  /// Calls `body` on the thread of each call that gets no memory, if the process has none left.
  package static func whenNoted(_ body: @escaping @Sendable () -> Void) {
    Self.body.withLock { $0 = body }
  }

  /// Notes the result of a call that allocates, such as for a frame of `bytes`.
  static func check(_ code: Int32, bytes: Int = 0) {
    guard code == CFF_ENOMEM, let body = body.withLock({ $0 }), isShort(of: max(bytes, least))
    else { return }
    body()
  }

  /// Whether the system refuses `bytes` of data.
  static func isShort(of bytes: Int) -> Bool {
    let memory = unsafe mmap(
      nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard unsafe memory != MAP_FAILED else { return true }
    unsafe munmap(memory, bytes)
    return false
  }
}
