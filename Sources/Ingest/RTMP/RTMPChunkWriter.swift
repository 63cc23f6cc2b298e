// SPDX-License-Identifier: Apache-2.0

import Checked

/// Writes messages as chunks of format 0, continued by chunks of format 3.
///
/// - Source: Adobe RTMP 1.0 §5.3
package struct RTMPChunkWriter: Sendable {
  /// The size of chunks; a message to the receiver precedes a change.
  package var chunkSize = 128

  /// Appends a message to `bytes`.
  ///
  /// - Parameters:
  ///   - message: of less than 2^24 bytes.
  ///   - chunkStream: 2 to 63.
  ///   - bytes: gets the chunks.
  package func write(_ message: RTMPMessage, chunkStream: UInt8, to bytes: inout [UInt8]) {
    let isExtended = message.timestamp >= 0xFF_FFFF
    let extended = isExtended ? message.timestamp.bigEndianBytes() : []
    bytes.append(chunkStream & 0x3F)
    bytes += (isExtended ? 0xFF_FFFF : message.timestamp).bigEndianBytes(3)
    bytes += UInt32(clamping: message.payload.count).bigEndianBytes(3)
    bytes.append(message.type)
    bytes += message.stream.byteSwapped.bigEndianBytes()
    bytes += extended
    bytes += message.payload.prefix(chunkSize)
    var rest = message.payload.dropFirst(chunkSize)
    while !rest.isEmpty {
      bytes.append(0xC0 | chunkStream & 0x3F)
      bytes += extended
      bytes += rest.prefix(chunkSize)
      rest = rest.dropFirst(chunkSize)
    }
  }
}
