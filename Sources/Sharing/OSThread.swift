// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import Time

/// A thread of the operating system, for capture, encoding and event loops.
///
/// The page `docs/architecture/threads.md` lists all threads.
@safe
package final class OSThread: Sendable {
  /// The name that ps and gdb show.
  package let name: String
  private let handle: Locked<pthread_t?>
  private let hasEnded: Monitor<Bool>

  /// The longest wait for a thread that was asked to end.
  package static let joinLimit = Interval.seconds(3)

  /// The number of threads that did not end in time; see ``join(until:)``.
  private static let left = Locked(0)

  /// Starts `body` on a thread that ps and gdb show as `name` (at most 15 bytes).
  ///
  /// - Returns: nil if the system refuses another thread.
  package init?(name: String, _ body: @escaping @Sendable () -> Void) {
    let hasEnded = Monitor(false)
    let start = unsafe Unmanaged.passRetained(
      Box {
        unsafe _ = name.withCString { unsafe clinux_name_thread($0) }
        body()
        hasEnded.update { $0 = true }
      })
    var thread = pthread_t()
    let result = unsafe pthread_create(
      &thread, nil,
      { raw in
        guard let raw = unsafe raw else { return nil }
        unsafe Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body()
        return nil
      }, unsafe start.toOpaque())
    guard result == 0 else {
      unsafe start.release()
      return nil
    }
    self.name = name
    self.hasEnded = hasEnded
    handle = Locked(thread)
  }

  /// A thread without a `join` releases its resources when it ends.
  deinit {
    if let thread = handle.withLock({ $0 }) { _ = pthread_detach(thread) }
  }

  /// Waits until the thread has ended.
  ///
  /// A second call returns at once.
  package func join() {
    let thread = handle.withLock { handle in
      defer { handle = nil }
      return handle
    }
    if let thread { _ = pthread_join(thread, nil) }
  }

  /// Waits until the thread has ended, or until `deadline`.
  ///
  /// A thread can be in a call of a library that cannot be interrupted, such as the resolution of a
  /// host name. After the deadline, release it: its resources are freed when it ends.
  ///
  /// - Returns: whether it has ended.
  package func join(until deadline: MonotonicTime) -> Bool {
    guard hasEnded.wait(until: deadline, { $0 ? true : nil }) == true else {
      Self.left.withLock { $0 += 1 }
      return false
    }
    join()
    return true
  }

  /// Whether a thread did not end in time; the process must then end without exit handlers, which
  /// free objects that such a thread may use.
  package static var areLeft: Bool { left.withLock { $0 > 0 } }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
