// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A message of the server to the process of stills.
///
/// Decoders have numbers, which the server gives. A group is a key frame and the frames after it,
/// which are numbered from 0.
package enum StillOrder: Sendable {
  /// The number of decoders of a process.
  package static let decoders: UInt8 = 8
  /// The greatest width that can be ordered, in pixels.
  package static let maximumWidth: UInt16 = 16_384

  /// The first message: the version, and the most bytes of data of the process.
  case process(version: UInt16, memory: Int64)
  /// A decoder is opened for the track of this CMAF header.
  case open(decoder: UInt8, header: [UInt8])
  /// The next chunks begin a group.
  case begin(decoder: UInt8)
  /// The next whole chunks of the group; the frames up to this number are decoded.
  case media(decoder: UInt8, through: UInt32, SharedBytes)
  /// The newest decoded frame is wanted as JPEG; its width in pixels, 0 for that of the frame.
  case still(decoder: UInt8, ticket: UInt32, width: UInt16)

  /// The most bytes of data of a process.
  private static let memories: ClosedRange<Int64> = 1...1 << 50

  /// Head and fields; the payload follows.
  package var bytes: [UInt8] {
    MessageHead.message(kind, payload: payload?.count ?? 0) { writer in
      switch self {
      case .process(let version, let memory):
        writer.add(version)
        writer.add(memory)
      case .open(let decoder, let header):
        writer.add(decoder)
        writer.add(header)
      case .begin(let decoder): writer.add(decoder)
      case .media(let decoder, let through, _):
        writer.add(decoder)
        writer.add(through)
      case .still(let decoder, let ticket, let width):
        writer.add(decoder)
        writer.add(ticket)
        writer.add(width)
      }
    }
  }

  /// The bytes after the fields; nil for none.
  package var payload: SharedBytes? {
    guard case .media(_, _, let chunks) = self, chunks.count > 0 else { return nil }
    return chunks
  }

  private var kind: UInt8 {
    switch self {
    case .process: 1
    case .open: 2
    case .begin: 3
    case .media: 4
    case .still: 5
    }
  }

  /// Reads a message.
  ///
  /// - Throws: the error if the bytes are none.
  package init(
    _ head: MessageHead, _ fields: [UInt8], payload: SharedBytes?
  ) throws(MessageError) {
    var reader = FieldReader(fields)
    guard head.kind == 4 || head.payload == 0 else { throw .excess(head.payload) }
    switch head.kind {
    case 1:
      self = .process(
        version: try ChildMessage.version(&reader),
        memory: try reader.integer("a limit of memory", in: Self.memories))
    case 2:
      self = .open(
        decoder: try Self.decoder(&reader),
        header: try reader.bytes("a CMAF header", limit: TrackFields.maximumHeaderLength))
    case 3: self = .begin(decoder: try Self.decoder(&reader))
    case 4:
      self = .media(
        decoder: try Self.decoder(&reader), through: try reader.integer(),
        payload ?? SharedBytes([]))
    case 5:
      self = .still(
        decoder: try Self.decoder(&reader), ticket: try reader.integer(),
        width: try reader.integer("a width", in: 0...Self.maximumWidth))
    default: throw .unknownKind(head.kind)
    }
    try reader.end()
  }

  private static func decoder(_ reader: inout FieldReader) throws(MessageError) -> UInt8 {
    try reader.integer("the number of a decoder", in: 0...decoders - 1)
  }
}
