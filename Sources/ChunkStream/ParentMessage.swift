// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A message of the server to a source.
///
/// The fields of `process`, `start` and `session` belong to the sessions of streams, which
/// read them with a ``FieldReader``.
package enum ParentMessage: FieldMessage, Equatable {
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
  /// The segments up to this number were listed without media: later ones have higher numbers.
  case reserve(Int64)

  /// Adds the kind and the fields.
  package func write(to writer: inout FieldWriter) {
    switch self {
    case .start(let version, let fields): writer.add(message: 1, version, fields)
    case .session(let fields): writer.add(message: 2, fields)
    case .stop(let isEnding): writer.add(message: 3, isEnding)
    case .process(let version, let fields): writer.add(message: 4, version, fields)
    case .key(let rendition): writer.add(message: 5, rendition)
    case .splice(let frame): writer.add(message: 6, frame)
    case .reserve(let number): writer.add(message: 7, number)
    }
  }

  /// Reads a message; see ``FieldMessage``.
  package init(
    _ kind: UInt8, _ reader: inout FieldReader, payload: SharedBytes?
  ) throws(MessageError) {
    switch kind {
    case 1:
      self = .start(
        version: try reader.version(ChildMessage.version),
        try reader.bytes("the source", limit: MessageHead.maximumFieldsLength))
    case 2: self = .session(try reader.bytes("the session", limit: MessageHead.maximumFieldsLength))
    case 3: self = .stop(isEnding: try reader.boolean())
    case 4:
      self = .process(
        version: try reader.version(ChildMessage.version),
        try reader.bytes("the rights", limit: MessageHead.maximumFieldsLength))
    case 5: self = .key(try reader.integer(UInt8.self))
    case 6: self = .splice(try reader.frameIndex())
    case 7: self = .reserve(try reader.segmentNumber())
    default: throw .unknownKind(kind)
    }
  }
}
