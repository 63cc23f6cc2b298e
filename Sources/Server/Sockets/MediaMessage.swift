// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import Time

/// A binary message of the protocol `llws.v1` as a whole frame: its head, and shared media.
///
/// A head is made once for all viewers of a group; it contains the head of the frame and the 12
/// bytes in front of the media.
struct MediaMessage {
  /// The content of a message.
  enum Kind: UInt8 {
    /// A CMAF header.
    case header = 0
    case video = 1
    case audio = 2
    /// An event of the stream, as JSON.
    case event = 5
  }

  /// Properties of a chunk.
  struct Flags: OptionSet {
    let rawValue: UInt8
    /// Decoding can start here.
    static let key = Flags(rawValue: 1)
    /// A Discontinuity precedes the chunk.
    static let discontinuity = Flags(rawValue: 2)
    /// The last chunk of its segment.
    static let last = Flags(rawValue: 4)
    /// Sent to a new viewer, later than it was published.
    static let catchUp = Flags(rawValue: 8)
  }

  /// The number of bytes in front of the media.
  static let prefixSize = 12

  let head: SharedBytes
  let payload: SharedBytes
  /// The number of the group.
  let channel: UInt16
  /// The number of the message in the group; wraps around.
  let sequence: UInt32
  let isKey: Bool

  /// A message.
  ///
  /// - Parameters:
  ///   - kind: the content.
  ///   - flags: the properties of the chunk.
  ///   - channel: the number of the group.
  ///   - sequence: the number of the message in the group.
  ///   - published: the publish time.
  ///   - payload: the media.
  init(
    _ kind: Kind, _ flags: Flags, channel: UInt16, sequence: UInt32, published: WallTime,
    _ payload: SharedBytes
  ) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(WebSocketFrame.largestHead + Self.prefixSize)
    WebSocketFrame.appendHead(.binary, count: Self.prefixSize + payload.count, to: &bytes)
    bytes.append(kind.rawValue)
    bytes.append(flags.rawValue)
    Self.append(channel, to: &bytes)
    Self.append(sequence, to: &bytes)
    Self.append(UInt32(truncatingIfNeeded: published.milliseconds), to: &bytes)
    head = SharedBytes(bytes)
    self.payload = payload
    self.channel = channel
    self.sequence = sequence
    isKey = flags.contains(.key)
  }

  /// The bytes of the whole frame.
  var count: Int { head.count + payload.count }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    for index in (0..<number.bitWidth / 8).reversed() {
      // bounded: shifts below the width
      bytes.append(UInt8(truncatingIfNeeded: number >> (8 * index)))
    }
  }
}
