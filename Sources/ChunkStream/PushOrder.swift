// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A message of the server to a process that pushes a stream.
package enum PushOrder: Sendable {
  /// The most tracks of a push.
  package static let maximumTracks: UInt8 = 8
  /// The most bytes of a URL or of a path.
  private static let maximumText = 4096

  /// What a process needs of the system.
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

  /// Head and fields; the payload follows.
  package var bytes: [UInt8] {
    MessageHead.message(kind, payload: payload?.count ?? 0) { writer in
      switch self {
      case .process(let version, let rights):
        writer.add(version)
        writer.add(rights.memory)
        writer.add(rights.port)
        writer.add(rights.file)
      case .open(let url, let verifies):
        writer.add(url)
        writer.add(verifies)
      case .track(let header, let isLast):
        writer.add(header)
        writer.add(isLast)
      case .chunk(let track, let number, _):
        writer.add(track)
        writer.add(number)
      case .end: break
      }
    }
  }

  /// The bytes after the fields; nil for none.
  package var payload: SharedBytes? {
    guard case .chunk(_, _, let chunk) = self, chunk.count > 0 else { return nil }
    return chunk
  }

  private var kind: UInt8 {
    switch self {
    case .process: 1
    case .open: 2
    case .track: 3
    case .chunk: 4
    case .end: 5
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
        Rights(
          memory: try reader.integer("a limit of memory", in: Self.memories),
          port: try reader.integer(),
          file: try reader.text("the path of a file", limit: Self.maximumText)))
    case 2:
      self = .open(
        url: try reader.text("a URL", limit: Self.maximumText),
        verifies: try reader.boolean("a flag"))
    case 3:
      self = .track(
        header: try reader.bytes("a CMAF header", limit: TrackFields.maximumHeaderLength),
        isLast: try reader.boolean("a flag"))
    case 4:
      self = .chunk(
        track: try reader.integer("the number of a track", in: 0...Self.maximumTracks - 1),
        number: try reader.integer(), payload ?? SharedBytes([]))
    case 5: self = .end
    default: throw .unknownKind(head.kind)
    }
    try reader.end()
  }
}
