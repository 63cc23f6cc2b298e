// SPDX-License-Identifier: Apache-2.0

package import Packaging
package import Sharing

/// A message of the feed of a stream: all that another server needs to serve the same stream.
///
/// Tracks are numbered: the video renditions from 0, then audio. A segment precedes its chunks.
/// The fields of `stream` and `status` belong to the sessions of streams, which read them with a
/// ``FieldReader``.
package enum FeedMessage: FieldMessage {
  /// The version of the messages; a server reads the feeds of its own version only.
  package static let version: UInt16 = 5

  /// The first message: the version, and the description of the stream.
  case stream(version: UInt16, [UInt8])
  /// A CMAF header of a track; the first one is that of its first period.
  case track(UInt8, TrackFields)
  /// A segment of a track begins, with the duration in ticks if it has no media.
  case segment(UInt8, SegmentStart, gap: Int64?)
  /// The next chunk of a track.
  case chunk(ChunkMessage)
  /// All that was published when the feed began has been sent.
  case current
  /// The state of the source, and the sign that the connection works.
  case status([UInt8])
  /// The stream has ended.
  case ended
  /// An event, which later chunks of the track carry.
  case event(UInt8, TimedEvent)

  /// The kind of chunks.
  package static let payloadKind: UInt8? = 4

  /// The bytes of a chunk.
  package var payload: SharedBytes? {
    if case .chunk(let message) = self { message.chunk.bytes } else { nil }
  }

  /// Adds the kind and the fields.
  package func write(to writer: inout FieldWriter) {
    switch self {
    case .stream(let version, let fields): writer.add(message: 1, version, fields)
    case .track(let track, let fields): writer.add(message: 2, track, fields)
    case .segment(let track, let start, let gap): writer.add(message: 3, track, start, gap)
    case .chunk(let chunk): writer.add(message: 4, chunk)
    case .current: writer.add(message: 5)
    case .status(let fields): writer.add(message: 6, fields)
    case .ended: writer.add(message: 7)
    case .event(let track, let event): writer.add(message: 8, track, event)
    }
  }

  /// Reads a message; see ``FieldMessage``.
  package init(
    _ kind: UInt8, _ reader: inout FieldReader, payload: SharedBytes?
  ) throws(MessageError) {
    switch kind {
    case 1:
      self = .stream(
        version: try reader.version(Self.version),
        try reader.bytes("a description", limit: MessageHead.maximumFieldsLength))
    case 2: self = .track(try reader.track(), try TrackFields(&reader))
    case 3:
      self = .segment(
        try reader.track(), try SegmentStart(&reader),
        gap: try reader.optional { reader throws(MessageError) in
          try reader.integer("the duration of a gap", in: 1...1 << 40)
        })
    case 4:
      let chunk = try ChunkMessage(&reader, payload: payload)
      guard chunk.role == .next else {
        throw .invalid(field: "the role of a chunk", value: "that none of a feed has")
      }
      self = .chunk(chunk)
    case 5: self = .current
    case 6: self = .status(try reader.bytes("a status", limit: MessageHead.maximumFieldsLength))
    case 7: self = .ended
    case 8: self = .event(try reader.track(), try TimedEvent(&reader))
    default: throw .unknownKind(kind)
    }
  }
}
