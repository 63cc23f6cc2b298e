// SPDX-License-Identifier: Apache-2.0

/// Writes messages as chunks of format 0, continued by chunks of format 3.
///
/// - Source: Adobe RTMP 1.0 §5.3
package struct RTMPChunkWriter: Sendable {
  /// The size of chunks; a message to the receiver precedes a change.
  package var chunkSize = 128

  /// A writer with the initial size of chunks.
  package init() {}

  /// Appends a message to `bytes`.
  ///
  /// - Parameters:
  ///   - message: of less than 2^24 bytes.
  ///   - chunkStream: 2 to 63.
  ///   - bytes: gets the chunks.
  package func write(_ message: RTMPMessage, chunkStream: UInt8, to bytes: inout [UInt8]) {
    let isExtended = message.timestamp >= 0xFF_FFFF
    let extended = isExtended ? Self.bigEndian(message.timestamp, 4) : []
    bytes.append(chunkStream & 0x3F)
    bytes += Self.bigEndian(isExtended ? 0xFF_FFFF : message.timestamp, 3)
    bytes += Self.bigEndian(UInt32(clamping: message.payload.count), 3)
    bytes.append(message.type)
    bytes += Self.bigEndian(message.stream.byteSwapped, 4)
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

  /// The lowest `count` bytes of a number, the highest first.
  static func bigEndian(_ value: UInt32, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt32($0 << 3)) }
  }
}
