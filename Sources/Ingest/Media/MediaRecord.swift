// SPDX-License-Identifier: Apache-2.0

import Checked

/// One entry of the media stream from the publishers of a stream to its source.
///
/// A record is a type, a timestamp in four bytes, a length in four bytes, and the content.
package enum MediaRecord: Sendable, Equatable {
  /// A publisher begins; its timestamps have no relation to earlier ones.
  case begin
  /// A tag of the publisher.
  case tag(MediaTag)
  /// The publisher has ended.
  case end

  /// The size of a head.
  package static let headSize = 9
  /// The largest content: a message of RTMP has a length of 24 bits.
  package static let largest = 1 << 24

  private static let (beginType, endType): (UInt8, UInt8) = (1, 2)

  /// The bytes before the content.
  package var head: [UInt8] {
    let (type, timestamp, count): (UInt8, UInt32, Int) =
      switch self {
      case .begin: (Self.beginType, 0, 0)
      case .end: (Self.endType, 0, 0)
      case .tag(let tag): (tag.kind.rawValue, tag.timestamp, tag.payload.count)
      }
    return [type] + timestamp.bigEndianBytes() + UInt32(clamping: count).bigEndianBytes()
  }

  /// The content.
  package var payload: [UInt8] { if case .tag(let tag) = self { tag.payload } else { [] } }

  /// A record of its type, its timestamp and its content; nil for an unknown type.
  fileprivate init?(type: UInt8, timestamp: UInt32, payload: () -> [UInt8]) {
    switch type {
    case Self.beginType: self = .begin
    case Self.endType: self = .end
    default:
      guard let kind = MediaTag.Kind(rawValue: type) else { return nil }
      self = .tag(MediaTag(kind: kind, timestamp: timestamp, payload: payload()))
    }
  }
}

/// Reads records from bytes in pieces of any size.
package struct MediaRecordReader: Sendable {
  /// The bytes are no records.
  package struct Fault: Error {}

  private var bytes: [UInt8] = []
  /// The start of the next record.
  private var offset = 0

  /// A reader without bytes.
  package init() {}

  /// Appends bytes.
  @unsafe
  package mutating func append(_ buffer: UnsafeBufferPointer<UInt8>) {
    if offset > 0 {
      bytes.removeFirst(offset)
      offset = 0
    }
    unsafe bytes.append(contentsOf: buffer)
  }

  /// The next record; nil if it needs more bytes.
  package mutating func next() throws(Fault) -> MediaRecord? {
    guard let type = bytes.span.bigEndian(at: offset, count: 1),
      let timestamp = bytes.span.bigEndian(at: offset + 1, count: 4),
      let count = bytes.span.bigEndian(at: offset + 5, count: 4)
    else { return nil }
    guard count <= MediaRecord.largest else { throw Fault() }
    let start = offset + MediaRecord.headSize
    guard count <= bytes.count - start else { return nil }
    offset = start + count
    let record = MediaRecord(type: UInt8(clamping: type), timestamp: UInt32(clamping: timestamp)) {
      // bounded: the guard has checked `count` bytes
      Array(bytes[start..<start + count])
    }
    guard let record else { throw Fault() }
    return record
  }
}
