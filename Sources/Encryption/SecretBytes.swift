// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// At most 64 bytes of a key: in memory of its own that core files leave out, and that is
/// overwritten when the key is released.
@safe
package final class SecretBytes: @unchecked Sendable {
  private static let size = 4096
  private let memory: UnsafeMutableRawPointer?
  /// The number of bytes; 0 if the system has no memory.
  package let count: Int

  /// A copy of the first 64 of `bytes`.
  package init(_ bytes: [UInt8]) {
    let mapped = unsafe mmap(
      nil, Self.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
      unsafe memory = nil
      count = 0
      return
    }
    unsafe madvise(mapped, Self.size, MADV_DONTDUMP)
    count = min(bytes.count, 64)
    unsafe mapped.copyMemory(from: bytes, byteCount: count)
    unsafe memory = mapped
  }

  deinit {
    guard let memory = unsafe memory else { return }
    unsafe memset(memory, 0, Self.size)
    unsafe munmap(memory, Self.size)
  }

  /// Lends the bytes to `body` during the call.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    unsafe body(UnsafeRawBufferPointer(start: memory, count: count))
  }

  /// A copy; for the licences of viewers.
  package var array: [UInt8] { unsafe withBytes { unsafe Array($0) } }
}
