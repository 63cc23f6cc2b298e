// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A message of the server to a process that pushes a stream.
package enum PushOrder: FieldMessage {
  /// The most tracks of a push.
  package static let maximumTracks: UInt8 = 8
  /// The most bytes of a URL or of a path.
  private static let maximumText = 4096

  /// The needs of a process of the system.
  package struct Rights: Sendable, Equatable {
    /// The most bytes of data.
    package let memory: Int64
    /// The TCP port of the receiver; 0 for none.
    package let port: UInt16
    /// The path of a file of certificates; empty for none.
    package let file: String

    /// Rights.
    package init(memory: Int64, port: UInt16, file: String) {
      self.memory = memory
      self.port = port
      self.file = file
    }
  }

  /// The first message: the version, and the rights of the process.
  case process(version: UInt16, Rights)
  /// The URL of the receiver, with its secrets, and whether its certificate is verified.
  case open(url: String, verifies: Bool)
  /// The CMAF header of the next track; the receiver is connected when the last one is there.
  case track(header: [UInt8], isLast: Bool)
  /// The next chunk of a track, and its number.
  case chunk(track: UInt8, number: UInt32, SharedBytes)
  /// The media ends.
  case end

  private static let memories: ClosedRange<Int64> = 1...1 << 50

  /// The kind of chunks.
  package static let payloadKind: UInt8? = 4

  /// The bytes of a chunk; nil for none.
  package var payload: SharedBytes? {
    guard case .chunk(_, _, let chunk) = self, chunk.count > 0 else { return nil }
    return chunk
  }

  /// Adds the kind and the fields.
  package func write(to writer: inout FieldWriter) {
    switch self {
    case .process(let version, let rights):
      writer.add(message: 1, version, rights.memory, rights.port, rights.file)
    case .open(let url, let verifies): writer.add(message: 2, url, verifies)
    case .track(let header, let isLast): writer.add(message: 3, header, isLast)
    case .chunk(let track, let number, _): writer.add(message: 4, track, number)
    case .end: writer.add(message: 5)
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
        Rights(
          memory: try reader.integer("a limit of memory", in: Self.memories),
          port: try reader.integer(),
          file: try reader.text("the path of a file", limit: Self.maximumText)))
    case 2:
      self = .open(
        url: try reader.text("a URL", limit: Self.maximumText),
        verifies: try reader.boolean())
    case 3:
      self = .track(
        header: try reader.bytes("a CMAF header", limit: TrackFields.maximumHeaderLength),
        isLast: try reader.boolean())
    case 4:
      self = .chunk(
        track: try reader.integer("the number of a track", in: 0...Self.maximumTracks - 1),
        number: try reader.integer(), payload ?? SharedBytes([]))
    case 5: self = .end
    default: throw .unknownKind(kind)
    }
  }
}
