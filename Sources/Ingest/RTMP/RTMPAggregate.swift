// SPDX-License-Identifier: Apache-2.0

import Checked

/// The messages of an aggregate message, read one after another.
///
/// - Source: Adobe RTMP 1.0 §7.1.6
struct RTMPAggregate: Sendable {
  /// Type, size, timestamp with its high byte last, and message stream.
  private static let headerSize = 11
  /// The size of the message before it, with its header.
  private static let backPointerSize = 4

  private let bytes: [UInt8]
  private let timestamp: UInt32
  private let stream: UInt32
  private var offset = 0
  /// The difference of the timestamps from those of the messages; nil before the first one.
  private var shift: UInt32?

  /// The messages in an aggregate message.
  init(_ message: RTMPMessage) {
    (bytes, timestamp, stream) = (message.payload, message.timestamp, message.stream)
  }

  /// The next message; nil after the last one.
  ///
  /// "The message stream ID of the aggregate message overrides the message stream IDs of the
  /// sub-messages", and the timestamps are shifted so that the first one is that of the aggregate.
  /// Some senders omit the last back pointer.
  /// - Throws: if a message exceeds the aggregate.
  mutating func next() throws(RTMPError) -> RTMPMessage? {
    let bytes = bytes
    guard offset < bytes.count else { return nil }
    let fields = bytes.span
    guard let type = fields.bigEndian(at: offset, count: 1),
      let size = fields.bigEndian(at: offset + 1, count: 3),
      let low = fields.bigEndian(at: offset + 4, count: 3),
      let high = fields.bigEndian(at: offset + 7, count: 1),
      fields.bigEndian(at: offset + 8, count: 3) != nil
    else { throw .aggregate }
    let start = offset + Self.headerSize
    guard size <= bytes.count - start else { throw .aggregate }
    let sent = UInt32(clamping: high << 24 | low)
    // bounded: timestamps wrap at 2^32 (§5.3.1.1)
    let shift = shift ?? timestamp &- sent
    self.shift = shift
    offset = min(bytes.count, start + size + Self.backPointerSize)
    return RTMPMessage(
      // bounded: a sum modulo 2^32
      type: UInt8(clamping: type), timestamp: sent &+ shift, stream: stream,
      // bounded: the size was compared with the rest
      payload: Array(bytes[start..<start + size]))
  }
}
