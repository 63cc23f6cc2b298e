// SPDX-License-Identifier: Apache-2.0

import CZlib
import Sharing

/// Bytes as deflate blocks that refer to no earlier ones: gzip members are composed of them.
///
/// A page has constant pieces, which are compressed once, and texts of one stream between them.
struct GzipPiece: Sendable {
  /// Texts below this size are stored: a compressor has 256 KB of tables.
  private static let leastCompressed = 512

  /// The uncompressed bytes.
  let plain: SharedBytes
  /// The blocks; they end at a byte boundary.
  let blocks: SharedBytes
  /// The CRC-32 of the uncompressed bytes.
  let checksum: UInt

  /// - Returns: nil if zlib has no memory.
  init?(_ bytes: [UInt8]) {
    plain = SharedBytes(bytes)
    checksum = unsafe czlib_crc32(bytes, bytes.count)
    guard bytes.count >= Self.leastCompressed else {
      blocks = Self.stored(bytes)
      return
    }
    guard let blocks = Self.compressed(plain) else { return nil }
    self.blocks = blocks
  }

  /// One stored block; none for no bytes.
  ///
  /// - Source: RFC 1951 §3.2.4
  private static func stored(_ bytes: [UInt8]) -> SharedBytes {
    guard !bytes.isEmpty else { return SharedBytes([UInt8]()) }
    let count = UInt16(truncatingIfNeeded: bytes.count)  // bounded: below `leastCompressed`
    return SharedBytes([0] + littleEndian(count) + littleEndian(~count) + bytes)
  }

  private static func compressed(_ bytes: SharedBytes) -> SharedBytes? {
    var stream = unsafe z_stream()
    guard unsafe czlib_raw_init(&stream, 6) == Z_OK else { return nil }
    defer { unsafe deflateEnd(&stream) }
    // A flush adds an empty stored block.
    let bound = Int(unsafe deflateBound(&stream, UInt(bytes.count))) + 16
    var out = [UInt8](repeating: 0, count: bound)
    let written = unsafe out.withUnsafeMutableBufferPointer { target -> Int? in
      // zlib does not write to the input, though its interface takes a mutable pointer.
      unsafe stream.next_in = UnsafeMutablePointer(
        mutating: bytes.start.assumingMemoryBound(to: UInt8.self))
      unsafe stream.avail_in = UInt32(bytes.count)
      unsafe stream.next_out = target.baseAddress
      unsafe stream.avail_out = UInt32(target.count)
      guard unsafe deflate(&stream, Z_FULL_FLUSH) == Z_OK, unsafe stream.avail_in == 0,
        unsafe stream.avail_out > 0
      else { return nil }
      return unsafe target.count - Int(stream.avail_out)
    }
    return written.map { SharedBytes(Array(out[..<$0])) }
  }

  /// The pieces as one gzip member.
  ///
  /// - Source: RFC 1952 §2.3
  static func member(of pieces: [GzipPiece]) -> [SharedBytes] {
    var (checksum, count) = (UInt(0), 0)
    for piece in pieces {
      checksum = czlib_crc32_combine(checksum, piece.checksum, piece.plain.count)
      // bounded: the size of a page
      count += piece.plain.count
    }
    // An empty last block with fixed codes, then CRC-32 and size.
    let end =
      [3, 0] + littleEndian(UInt32(truncatingIfNeeded: checksum))
      + littleEndian(UInt32(truncatingIfNeeded: count))
    return [start] + pieces.map(\.blocks) + [SharedBytes(end)]
  }

  /// Magic bytes, deflate, no flags, no time, and no known file system.
  private static let start = SharedBytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])

  private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    stride(from: 0, to: Value.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
