// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A message of the feed of a stream: all that another server needs to serve the same stream.
///
/// Tracks are numbered: the video renditions from 0, then audio. A segment precedes its chunks.
/// The fields of `stream` and `status` belong to the sessions of streams, which read them with a
/// ``FieldReader``.
package enum FeedMessage: Sendable {
  /// The version of the messages; a server reads the feeds of its own version only.
  package static let version: UInt16 = 1

  /// The first message: the version, and the description of the stream.
  case stream(version: UInt16, [UInt8])
  /// A CMAF header of a track; the first one is that of its first period.
  case track(UInt8, TrackFields)
  /// A segment of a track begins.
  case segment(UInt8, FeedSegment)
  /// The next chunk of a track.
  case chunk(UInt8, FeedChunk, SharedBytes)
  /// All that was published when the feed began has been sent.
  case current
  /// The state of the source, and the sign that the connection works.
  case status([UInt8])
  /// The stream has ended.
  case ended
  /// An event, which later chunks of the track carry.
  case event(UInt8, FeedEvent)

  private static let chunkKind: UInt8 = 4

  private var kind: UInt8 {
    switch self {
    case .stream: 1
    case .track: 2
    case .segment: 3
    case .chunk: Self.chunkKind
    case .current: 5
    case .status: 6
    case .ended: 7
    case .event: 8
    }
  }

  /// Head and fields; the payload of a chunk follows them.
  package var bytes: [UInt8] {
    var writer = FieldWriter()
    var payload = 0
    switch self {
    case .stream(let version, let fields):
      writer.add(version)
      writer.add(fields)
    case .track(let track, let fields):
      writer.add(track)
      fields.write(to: &writer)
    case .segment(let track, let fields):
      writer.add(track)
      fields.write(to: &writer)
    case .chunk(let track, let fields, let bytes):
      writer.add(track)
      fields.write(to: &writer)
      payload = bytes.count
    case .event(let track, let fields):
      writer.add(track)
      fields.write(to: &writer)
    case .status(let fields): writer.add(fields)
    case .current, .ended: break
    }
    return MessageHead(kind: kind, fields: writer.bytes.count, payload: payload).bytes
      + writer.bytes
  }

  /// Reads a message.
  ///
  /// - Parameters:
  ///   - head: its head.
  ///   - fields: its fields, of the size in the head.
  ///   - payload: the bytes after its fields; nil if there are none.
  /// - Throws: the error if the bytes are no message.
  package init(
    _ head: MessageHead, _ fields: [UInt8], payload: SharedBytes?
  ) throws(MessageError) {
    var reader = FieldReader(fields)
    if head.kind != Self.chunkKind, head.payload > 0 { throw .excess(head.payload) }
    switch head.kind {
    case 1:
      let version = try reader.integer(UInt16.self)
      guard version == Self.version else { throw .version(version) }
      self = .stream(
        version: version, try reader.bytes("a description", limit: MessageHead.mostFields))
    case 2: self = .track(try Self.track(&reader), try TrackFields(&reader))
    case 3: self = .segment(try Self.track(&reader), try FeedSegment(&reader))
    case Self.chunkKind:
      guard let payload, payload.count > 0 else {
        throw .invalid(field: "a chunk", value: "without bytes")
      }
      self = .chunk(try Self.track(&reader), try FeedChunk(&reader), payload)
    case 5: self = .current
    case 6: self = .status(try reader.bytes("a status", limit: MessageHead.mostFields))
    case 7: self = .ended
    case 8: self = .event(try Self.track(&reader), try FeedEvent(&reader))
    default: throw .unknownKind(head.kind)
    }
    try reader.end()
  }

  private static func track(_ reader: inout FieldReader) throws(MessageError) -> UInt8 {
    try reader.integer("the number of a track", in: 0...ChildMessage.mostTracks - 1)
  }
}
