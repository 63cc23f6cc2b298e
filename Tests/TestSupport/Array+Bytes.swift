// SPDX-License-Identifier: Apache-2.0

import Glibc

extension [UInt8] {
  /// Whether the bytes of `other`, which is not empty, are among these: by libc, see
  /// `String+Bytes.swift`.
  package func hasBytes(of other: [UInt8]) -> Bool {
    guard let first = other.first else { return true }
    return unsafe withUnsafeBytes { bytes in
      unsafe other.withUnsafeBytes { other in
        guard let base = bytes.baseAddress, let searched = other.baseAddress else {
          return false
        }
        var start = 0
        while start + other.count <= bytes.count,
          let found = unsafe memchr(base + start, Int32(first), bytes.count - start)
        {
          start = unsafe UnsafeRawPointer(found) - base
          guard start + other.count <= bytes.count else { return false }
          if unsafe memcmp(found, searched, other.count) == 0 { return true }
          start += 1
        }
        return false
      }
    }
  }
}
