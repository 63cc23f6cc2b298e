// SPDX-License-Identifier: Apache-2.0

/// A message of the server to a source.
///
/// The fields of `start` and `session` belong to the sessions of streams, which read them with a
/// ``FieldReader``.
package enum ParentMessage: Sendable, Equatable {
  /// The first message: the version, and the source.
  case start(version: UInt16, [UInt8])
  /// The session that takes the units of the source.
  case session([UInt8])
  /// The process ends, after the rest of the media if the stream ends for its players.
  case stop(isEnding: Bool)
  /// A key frame of a video rendition is wanted.
  case key(UInt8)

  /// Head and fields.
  package var bytes: [UInt8] {
    var writer = FieldWriter()
    let kind: UInt8
    switch self {
    case .start(let version, let fields):
      kind = 1
      writer.add(version)
      writer.add(fields)
    case .session(let fields):
      kind = 2
      writer.add(fields)
    case .stop(let isEnding):
      kind = 3
      writer.add(isEnding)
    case .key(let rendition):
      kind = 4
      writer.add(rendition)
    }
    return MessageHead(kind: kind, fields: writer.bytes.count).bytes + writer.bytes
  }

  /// Reads a message.
  package init(_ head: MessageHead, _ fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    guard head.payload == 0 else { throw .excess(head.payload) }
    switch head.kind {
    case 1:
      let version = try reader.integer(UInt16.self)
      guard version == ChildMessage.version else { throw .version(version) }
      self = .start(
        version: version, try reader.bytes("the source", limit: MessageHead.mostFields))
    case 2: self = .session(try reader.bytes("the session", limit: MessageHead.mostFields))
    case 3: self = .stop(isEnding: try reader.boolean("a flag"))
    case 4: self = .key(try reader.integer(UInt8.self))
    default: throw .unknownKind(head.kind)
    }
    try reader.end()
  }
}
