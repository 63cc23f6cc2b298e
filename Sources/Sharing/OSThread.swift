// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A thread of the operating system, for capture, encoding and event loops.
@safe
package final class OSThread: Sendable {
  private let handle: Locked<pthread_t?>

  /// Starts `body` on a thread that ps and gdb show as `name` (at most 15 bytes).
  ///
  /// - Returns: nil if the system refuses another thread.
  package init?(name: String, _ body: @escaping @Sendable () -> Void) {
    let start = unsafe Unmanaged.passRetained(
      Box {
        unsafe _ = name.withCString { unsafe clinux_name_thread($0) }
        body()
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

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
