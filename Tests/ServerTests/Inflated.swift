// SPDX-License-Identifier: Apache-2.0

import CZlib
import Testing

/// Decompresses gzip, to check the server's output.
enum Inflated {
  /// The bytes of a single gzip member, which must be all there is.
  static func bytes(of compressed: [UInt8]) throws -> [UInt8] {
    var stream = unsafe z_stream()
    // 15 + 16: gzip, no other format.
    try #require(
      unsafe inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        == Z_OK)
    defer { unsafe inflateEnd(&stream) }
    var input = compressed
    // The end of a member is the size of its content, RFC 1952 §2.3.1.
    let size = compressed.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    var output = [UInt8](repeating: 0, count: size + 1)
    let (result, left, room) = unsafe input.withUnsafeMutableBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        unsafe stream.next_in = source.baseAddress
        unsafe stream.avail_in = UInt32(source.count)
        unsafe stream.next_out = target.baseAddress
        unsafe stream.avail_out = UInt32(target.count)
        let result = unsafe inflate(&stream, Z_FINISH)
        return unsafe (result, stream.avail_in, Int(stream.avail_out))
      }
    }
    try #require(result == Z_STREAM_END && left == 0)
    return Array(output[..<(output.count - room)])
  }
}
