// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A message of the server to the process of stills.
///
/// Decoders have numbers, which the server gives. A group is a key frame and the frames after it,
/// which are numbered from 0.
package enum StillOrder: FieldMessage {
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

  /// The kind of chunks.
  package static let payloadKind: UInt8? = 4

  /// The chunks; nil for none.
  package var payload: SharedBytes? {
    guard case .media(_, _, let chunks) = self, chunks.count > 0 else { return nil }
    return chunks
  }

  /// Adds the kind and the fields.
  package func write(to writer: inout FieldWriter) {
    switch self {
    case .process(let version, let memory): writer.add(message: 1, version, memory)
    case .open(let decoder, let header): writer.add(message: 2, decoder, header)
    case .begin(let decoder): writer.add(message: 3, decoder)
    case .media(let decoder, let through, _): writer.add(message: 4, decoder, through)
    case .still(let decoder, let ticket, let width):
      writer.add(message: 5, decoder, ticket, width)
    }
  }

  /// Reads a message; see ``FieldMessage``.
  package init(
    _ kind: UInt8, _ reader: inout FieldReader, payload: SharedBytes?
  ) throws(MessageError) {
    switch kind {
    case 1:
      self = .process(
        version: try reader.version(ChildMessage.version),
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
    default: throw .unknownKind(kind)
    }
  }

  private static func decoder(_ reader: inout FieldReader) throws(MessageError) -> UInt8 {
    try reader.integer("the number of a decoder", in: 0...decoders - 1)
  }
}
