// SPDX-License-Identifier: Apache-2.0

import Checked

/// Assembles the messages of a chunk stream: a pure state machine.
///
/// - Source: Adobe RTMP 1.0 §5.3
package struct RTMPChunkReader: Sendable {
  /// The state of one chunk stream.
  private struct ChunkStream: Sendable {
    let id: Int
    var timestamp: UInt32 = 0
    /// The timestamp field of the last header: a difference, or after format 0 an absolute time.
    var field: UInt32 = 0
    /// Whether the last header had an extended timestamp; chunks of format 3 then repeat it.
    var isExtended = false
    var length = 0
    var type: UInt8 = 0
    var stream: UInt32 = 0
    /// Whether a message is unfinished.
    var isOpen = false
    /// The bytes of the unfinished message that have arrived.
    var payload: [UInt8] = []
  }

  /// The size of chunks until the sender sets another.
  private static let firstChunkSize = 128
  /// The bytes of the message header by format.
  private static let headerSizes = [11, 7, 3, 0]

  /// Whether media is expected; before, only short messages are.
  package var takesMedia = false

  private let limits: RTMPLimits
  private var chunkSize = Self.firstChunkSize
  private var streams: [ChunkStream] = []
  /// The bytes of a header of which a part has arrived.
  private var header: [UInt8] = []
  /// The chunk whose payload follows: the index of its chunk stream, and the missing bytes.
  private var chunk: (index: Int, rest: Int)?
  private var openMessages = 0
  private var openBytes = 0

  /// A reader before the first chunk.
  package init(_ limits: RTMPLimits = RTMPLimits()) { self.limits = limits }

  /// Sets the size of the chunks that follow.
  ///
  /// - Throws: if it is zero.
  /// - Source: §5.4.1: the highest bit is zero; no chunk is longer than a message, 24 bits
  package mutating func setChunkSize(_ size: Int) throws(RTMPError) {
    guard size > 0 else { throw .chunkSize }
    chunkSize = min(size, 0xFF_FFFF)
  }

  /// Discards the unfinished message of a chunk stream.
  package mutating func abort(_ id: Int) {
    guard let index = streams.firstIndex(where: { $0.id == id }) else { return }
    _ = close(index)
  }

  /// Takes bytes from `offset` on, until they end or complete a message.
  ///
  /// - Returns: the message; nil if it needs more bytes.
  /// - Throws: if the sender violates the protocol or a limit. Discard the reader then.
  package mutating func next(
    _ bytes: borrowing Span<UInt8>, at offset: inout Int
  ) throws(RTMPError) -> RTMPMessage? {
    while true {
      if let chunk {
        let count = min(chunk.rest, bytes.count - offset)
        guard count > 0 || chunk.rest == 0 else { return nil }
        append(bytes, offset..<offset + count, to: chunk.index)
        offset += count
        guard openBytes <= limits.unfinishedBytes else {
          throw .unfinishedBytes(limit: limits.unfinishedBytes)
        }
        self.chunk = count < chunk.rest ? (chunk.index, chunk.rest - count) : nil
        let stream = streams[chunk.index]
        if stream.payload.count == stream.length { return close(chunk.index) }
      } else {
        guard offset < bytes.count else { return nil }
        header.append(bytes[offset])
        offset += 1
        if header.count == headerSize { try begin() }
      }
    }
  }

  // MARK: Headers

  /// The chunk stream of the header, and the size of its basic header; nil if that is incomplete.
  private var basic: (id: Int, size: Int)? {
    guard let first = header.first else { return nil }
    switch first & 0x3F {
    case 0: return header.count >= 2 ? (64 + Int(header[1]), 2) : nil
    case 1: return header.count >= 3 ? (64 + Int(header[1]) + Int(header[2]) << 8, 3) : nil
    case let id: return (Int(id), 1)
    }
  }

  private var format: Int { Int((header.first ?? 0) >> 6) }

  /// The number of bytes of the header, or more than have arrived while it is unknown.
  private var headerSize: Int {
    guard let basic else { return header.count + 1 }
    let fields = basic.size + Self.headerSizes[format]
    guard header.count >= fields else { return fields }
    let isExtended =
      format == 3
      ? streams.first { $0.id == basic.id }?.isExtended ?? false
      : header.span.bigEndian(at: basic.size, count: 3) == 0xFF_FFFF
    return fields + (isExtended ? 4 : 0)
  }

  /// Evaluates a complete header.
  private mutating func begin() throws(RTMPError) {
    guard let (id, size) = basic else { return }
    let format = format
    let index: Int
    if let known = streams.firstIndex(where: { $0.id == id }) {
      index = known
    } else {
      // Formats 2 and 3 refer to an earlier message; some senders begin with format 1.
      guard format < 2 else { throw .chunkOrder }
      guard streams.count < limits.chunkStreams else {
        throw .chunkStreams(limit: limits.chunkStreams)
      }
      index = streams.count
      streams.append(ChunkStream(id: id))
    }
    // A header of formats 0 to 2 begins a message, one of format 3 continues or begins one.
    guard !streams[index].isOpen || format == 3 else { throw .chunkOrder }
    readFields(&streams[index], format: format, at: size)
    header.removeAll(keepingCapacity: true)
    if !streams[index].isOpen { try open(index, isAbsolute: format == 0) }
    let stream = streams[index]
    chunk = (index, min(stream.length - stream.payload.count, chunkSize))
  }

  private func readFields(_ stream: inout ChunkStream, format: Int, at size: Int) {
    let fields = header.span
    if format < 3 {
      let field = fields.bigEndian(at: size, count: 3) ?? 0
      stream.isExtended = field == 0xFF_FFFF
      stream.field = UInt32(clamping: field)
    }
    if format < 2 {
      stream.length = fields.bigEndian(at: size + 3, count: 3) ?? 0
      stream.type = UInt8(clamping: fields.bigEndian(at: size + 6, count: 1) ?? 0)
    }
    if format == 0 {
      // The only little-endian field (§5.3.1.2.1).
      stream.stream = UInt32(clamping: fields.bigEndian(at: size + 7, count: 4) ?? 0).byteSwapped
    }
    if stream.isExtended, let extended = fields.bigEndian(at: header.count - 4, count: 4) {
      stream.field = UInt32(clamping: extended)
    }
  }

  /// Begins a message.
  private mutating func open(_ index: Int, isAbsolute: Bool) throws(RTMPError) {
    let (type, length) = (streams[index].type, streams[index].length)
    let limit: Int =
      switch type {
      case RTMPMessage.Kind.video where takesMedia, RTMPMessage.Kind.aggregate where takesMedia:
        limits.unfinishedBytes
      case RTMPMessage.Kind.audio where takesMedia: limits.audioBytes
      default: limits.commandBytes
      }
    guard length <= limit else { throw .messageSize(type: type, size: length, limit: limit) }
    openMessages += 1
    guard openMessages <= limits.unfinishedMessages else {
      throw .unfinishedMessages(limit: limits.unfinishedMessages)
    }
    let field = streams[index].field
    streams[index].isOpen = true
    // Format 3 repeats the last field as a difference (§5.3.1.2.4).
    // bounded: timestamps wrap at 2^32 (§5.3.1.1)
    streams[index].timestamp = isAbsolute ? field : streams[index].timestamp &+ field
  }

  // MARK: Payload

  private mutating func append(
    _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, to index: Int
  ) {
    unsafe bytes.extracting(range).withUnsafeBufferPointer {
      unsafe streams[index].payload.append(contentsOf: $0)
    }
    openBytes += range.count
  }

  /// Ends the message of a chunk stream.
  ///
  /// - Returns: the message; nil if there is none.
  private mutating func close(_ index: Int) -> RTMPMessage? {
    guard streams[index].isOpen else { return nil }
    let stream = streams[index]
    streams[index].payload = []
    streams[index].isOpen = false
    openMessages -= 1
    openBytes -= stream.payload.count
    return RTMPMessage(
      type: stream.type, timestamp: stream.timestamp, stream: stream.stream,
      payload: stream.payload)
  }
}
