// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing
import Time

/// A binary message of the protocol `llws.v1` as a whole frame: its head, and shared media.
///
/// A head is made once for all viewers of a group; it contains the head of the frame and the bytes
/// in front of the media.
struct MediaMessage {
  /// The content of a message.
  enum Kind: UInt8 {
    /// A CMAF header.
    case header = 0
    case video = 1
    case audio = 2
    /// One coded frame of video or audio, without boxes.
    case sample = 4
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
    /// Sent later than it was published, to a viewer that begins or continues.
    static let catchUp = Flags(rawValue: 8)
    /// The capture time precedes the media.
    static let captureTime = Flags(rawValue: 16)
  }

  /// The times of a coded frame.
  struct SampleTime: Equatable {
    let captured: WallTime
    /// The presentation time on the wall clock.
    let presented: WallTime
  }

  /// The position of a chunk in its stream.
  struct Position {
    let track: SubscriptionRequest.Track
    let rendition: String
    let segment: Int64
    /// Whether it is known to be the last chunk of its segment.
    let endsSegment: Bool
    /// Whether it is sent to a new viewer, later than it was published.
    let isCatchUp: Bool

    /// Whether the segment of a rendition is that of another chunk.
    func isInSegment(of other: Position) -> Bool {
      segment == other.segment && rendition == other.rendition
    }
  }

  /// The number of bytes in front of the media.
  static let prefixSize = 12
  /// The number of bytes in front of a coded frame, with its times.
  static let samplePrefixSize = 24

  let head: SharedBytes
  let payload: ByteSlice
  /// The number of the group.
  let channel: UInt16
  /// The number of the message in the group; wraps around.
  let sequence: UInt32
  let isKey: Bool
  /// nil for messages that are no chunks.
  var position: Position?

  /// A message without a capture time.
  init(
    _ kind: Kind, _ flags: Flags, channel: UInt16, sequence: UInt32, published: WallTime,
    _ payload: SharedBytes
  ) {
    self.init(
      kind, flags, channel: channel, sequence: sequence, published: published, sample: nil,
      ByteSlice(payload))
  }

  /// A message.
  ///
  /// - Parameters:
  ///   - kind: the content.
  ///   - flags: the properties of the chunk.
  ///   - channel: the number of the group.
  ///   - sequence: the number of the message in the group.
  ///   - published: the publish time.
  ///   - sample: the times of a coded frame; nil for other media.
  ///   - payload: the media.
  init(
    _ kind: Kind, _ flags: Flags, channel: UInt16, sequence: UInt32, published: WallTime,
    sample: SampleTime?, _ payload: ByteSlice
  ) {
    let prefixSize = sample == nil ? Self.prefixSize : Self.samplePrefixSize
    var bytes: [UInt8] = []
    bytes.reserveCapacity(WebSocketFrame.maximumHeadLength + prefixSize)
    WebSocketFrame.appendHead(.binary, count: prefixSize + payload.count, to: &bytes)
    bytes.append(kind.rawValue)
    bytes.append(flags.union(sample == nil ? [] : .captureTime).rawValue)
    Self.append(channel, to: &bytes)
    Self.append(sequence, to: &bytes)
    Self.append(UInt32(truncatingIfNeeded: published.milliseconds), to: &bytes)
    if let sample {
      let captured = Self.microseconds(sample.captured)
      let delta = Self.microseconds(sample.presented).subtractingSaturated(captured)
      Self.append(captured, to: &bytes)
      Self.append(Int32(clamping: delta), to: &bytes)
    }
    head = SharedBytes(bytes)
    self.payload = payload
    self.channel = channel
    self.sequence = sequence
    isKey = flags.contains(.key)
  }

  /// The bytes of the whole frame.
  var count: Int { head.count + payload.count }

  /// The nearest number of microseconds since 1970.
  private static func microseconds(_ time: WallTime) -> Int64 {
    ((time - .origin) + .nanoseconds(500)).microseconds
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    for index in (0..<number.bitWidth / 8).reversed() {
      // bounded: shifts below the width
      bytes.append(UInt8(truncatingIfNeeded: number >> (8 * index)))
    }
  }
}
