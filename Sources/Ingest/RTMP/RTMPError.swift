// SPDX-License-Identifier: Apache-2.0

/// Why a connection cannot continue: the client violates RTMP or a limit.
///
/// No case contains a text of the client, which may be a key.
package enum RTMPError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The first byte is not version 3.
  case version(UInt8)
  /// A chunk continues no message, or another message interrupts an unfinished one.
  case chunkOrder
  /// The size of chunks is zero.
  case chunkSize
  /// More chunk streams than permitted.
  case chunkStreams(limit: Int)
  /// More unfinished messages than permitted.
  case unfinishedMessages(limit: Int)
  /// Unfinished messages together have more bytes than permitted.
  case unfinishedBytes(limit: Int)
  /// A message is longer than permitted.
  case messageSize(type: UInt8, size: Int, limit: Int)
  /// A control message is too short.
  case control(type: UInt8)
  /// A message exceeds the aggregate message that contains it.
  case aggregate
  /// A command is no valid AMF.
  case command(AMF0Error)
  /// More messages before publishing than permitted.
  case earlyMessages(limit: Int)
  /// More bytes before publishing than permitted.
  case earlyBytes(limit: Int)
  /// A command comes before those that it requires, or twice.
  case order(command: StaticCommand)

  /// Whether the client has sent too much before publishing.
  package var isEarly: Bool {
    switch self {
    case .earlyMessages, .earlyBytes: true
    default: false
    }
  }

  /// A command that this server knows.
  package enum StaticCommand: String, Sendable, Equatable { case connect, createStream, publish }

  package var description: String {
    switch self {
    case .version(let version): "RTMP version \(version) (expected 3)"
    case .chunkOrder: "a chunk in the wrong order"
    case .chunkSize: "a chunk size of 0"
    case .chunkStreams(let limit): "more than \(limit) chunk streams"
    case .unfinishedMessages(let limit): "more than \(limit) unfinished messages"
    case .unfinishedBytes(let limit): "more than \(limit) bytes of unfinished messages"
    case .messageSize(let type, let size, let limit):
      "a message of type \(type) with \(size) bytes (expected at most \(limit))"
    case .control(let type): "a control message of type \(type) that is too short"
    case .aggregate: "an aggregate message whose parts exceed it"
    case .command(let error): "a command that is no valid AMF: \(error)"
    case .earlyMessages(let limit): "more than \(limit) messages before publishing"
    case .earlyBytes(let limit): "more than \(limit) bytes before publishing"
    case .order(let command): "\(command.rawValue) at the wrong time"
    }
  }
}

/// The limits of one connection.
package struct RTMPLimits: Sendable {
  /// The number of chunk streams.
  package var chunkStreams = 64
  /// The number of messages of which a part has arrived.
  package var unfinishedMessages = 16
  /// The bytes of messages of which a part has arrived: one of the largest possible size, 24 bits,
  /// and others.
  package var unfinishedBytes = 20 << 20
  /// The bytes of a message before publishing, and of a command or data message at any time.
  package var commandBytes = 64 << 10
  /// The messages before the request to publish: some ten in all clients.
  package var earlyMessages = 64
  /// The bytes before the request to publish.
  package var earlyBytes = 256 << 10
  /// The bytes of an audio message.
  package var audioBytes = 1 << 20

  /// The defaults.
  package init() {}
}
