// SPDX-License-Identifier: Apache-2.0

package import Glibc

/// The address of a local socket.
///
/// - Source: unix(7)
package enum LocalAddress {
  /// Calls `body` with the address of a path, or with an abstract one if `name` begins with `@`.
  package static func with<Result>(
    _ name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(name.utf8)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
      unsafe target.copyBytes(from: bytes)
      // The first byte of an abstract address is zero.
      if bytes.first == UInt8(ascii: "@") { unsafe target[0] = 0 }
    }
    let size = (MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 0) + bytes.count
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe body(address, socklen_t(size))
      }
    }
  }
}
