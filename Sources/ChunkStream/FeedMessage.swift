// SPDX-License-Identifier: Apache-2.0

package import Packaging
package import Sharing

/// A message of the feed of a stream: all that another server needs to serve the same stream.
///
/// Tracks are numbered: the video renditions from 0, then audio. A segment precedes its chunks.
/// The fields of `stream` and `status` belong to the sessions of streams, which read them with a
/// ``FieldReader``.
package enum FeedMessage: Sendable {
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
    MessageHead.message(kind, payload: payload?.count ?? 0) { write(to: &$0) }
  }

  /// The bytes that are sent after the fields; nil if there are none.
  package var payload: SharedBytes? {
    if case .chunk(let chunk) = self { chunk.bytes } else { nil }
  }

  private func write(to writer: inout FieldWriter) {
    switch self {
    case .stream(let version, let fields):
      writer.add(version)
      writer.add(fields)
    case .track(let track, let fields):
      writer.add(track)
      fields.write(to: &writer)
    case .segment(let track, let start, let gap):
      writer.add(track)
      start.write(to: &writer)
      writer.add(gap) { $0.add($1) }
    case .chunk(let chunk): chunk.write(to: &writer)
    case .event(let track, let event):
      writer.add(track)
      event.write(to: &writer)
    case .status(let fields): writer.add(fields)
    case .current, .ended: break
    }
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
      guard version == Self.version else { throw .version(version, expected: Self.version) }
      self = .stream(
        version: version, try reader.bytes("a description", limit: MessageHead.maximumFieldsLength))
    case 2: self = .track(try reader.track(), try TrackFields(&reader))
    case 3:
      self = .segment(
        try reader.track(), try SegmentStart(&reader),
        gap: try reader.optional("a flag") { reader throws(MessageError) in
          try reader.integer("the duration of a gap", in: 1...1 << 40)
        })
    case Self.chunkKind:
      let chunk = try ChunkMessage(&reader, payload: payload)
      guard chunk.role == .next else {
        throw .invalid(field: "the role of a chunk", value: "that none of a feed has")
      }
      self = .chunk(chunk)
    case 5: self = .current
    case 6: self = .status(try reader.bytes("a status", limit: MessageHead.maximumFieldsLength))
    case 7: self = .ended
    case 8: self = .event(try reader.track(), try TimedEvent(&reader))
    default: throw .unknownKind(head.kind)
    }
    try reader.end()
  }
}
