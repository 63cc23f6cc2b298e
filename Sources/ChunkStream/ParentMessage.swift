// SPDX-License-Identifier: Apache-2.0

/// A message of the server to a source.
///
/// The fields of `process`, `start` and `session` belong to the sessions of streams, which
/// read them with a ``FieldReader``.
package enum ParentMessage: Sendable, Equatable {
  /// The first message to a process: the version, and the rights that the process keeps.
  case process(version: UInt16, [UInt8])
  /// The first message to a stream in a process: the version, and the source.
  case start(version: UInt16, [UInt8])
  /// The session that takes the units of the source.
  case session([UInt8])
  /// The process ends, after the rest of the media if the stream ends for its players.
  case stop(isEnding: Bool)
  /// A key frame of a video rendition is wanted.
  case key(UInt8)
  /// Key frames of all video renditions are wanted at this frame.
  case splice(Int64)

  /// Head and fields.
  package var bytes: [UInt8] {
    MessageHead.message(kind) { writer in
      switch self {
      case .process(let version, let fields), .start(let version, let fields):
        writer.add(version)
        writer.add(fields)
      case .session(let fields): writer.add(fields)
      case .stop(let isEnding): writer.add(isEnding)
      case .key(let rendition): writer.add(rendition)
      case .splice(let frame): writer.add(frame)
      }
    }
  }

  private var kind: UInt8 {
    switch self {
    case .start: 1
    case .session: 2
    case .stop: 3
    case .process: 4
    case .key: 5
    case .splice: 6
    }
  }

  /// Reads a message.
  package init(_ head: MessageHead, _ fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    guard head.payload == 0 else { throw .excess(head.payload) }
    switch head.kind {
    case 1:
      self = .start(
        version: try ChildMessage.version(&reader),
        try reader.bytes("the source", limit: MessageHead.maximumFieldsLength))
    case 2: self = .session(try reader.bytes("the session", limit: MessageHead.maximumFieldsLength))
    case 3: self = .stop(isEnding: try reader.boolean("a flag"))
    case 4:
      self = .process(
        version: try ChildMessage.version(&reader),
        try reader.bytes("the rights", limit: MessageHead.maximumFieldsLength))
    case 5: self = .key(try reader.integer(UInt8.self))
    case 6: self = .splice(try reader.frameIndex())
    default: throw .unknownKind(head.kind)
    }
    try reader.end()
  }
}
