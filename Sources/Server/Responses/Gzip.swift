// SPDX-License-Identifier: Apache-2.0

import CZlib
import Sharing

/// Compresses playlists.
enum Gzip {
  /// `bytes` as one gzip member (RFC 1952); nil if zlib has no memory.
  static func compress(_ bytes: SharedBytes) -> SharedBytes? {
    var stream = unsafe z_stream()
    guard unsafe czlib_gzip_init(&stream, 6) == Z_OK else { return nil }
    defer { unsafe deflateEnd(&stream) }
    var out = [UInt8](repeating: 0, count: Int(unsafe deflateBound(&stream, UInt(bytes.count))))
    let written = unsafe out.withUnsafeMutableBufferPointer { target -> Int? in
      // zlib does not write to the input, though its interface takes a mutable pointer.
      unsafe stream.next_in = UnsafeMutablePointer(
        mutating: bytes.start.assumingMemoryBound(to: UInt8.self))
      unsafe stream.avail_in = UInt32(bytes.count)
      unsafe stream.next_out = target.baseAddress
      unsafe stream.avail_out = UInt32(target.count)
      guard unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END else { return nil }
      return unsafe target.count - Int(stream.avail_out)
    }
    guard let written else { return nil }
    return SharedBytes(Array(out[..<written]))
  }
}
