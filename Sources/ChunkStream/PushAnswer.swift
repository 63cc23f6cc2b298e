// SPDX-License-Identifier: Apache-2.0

import Sharing

/// A message of a process that pushes a stream to the server.
package enum PushAnswer: Sendable, Equatable {
  /// The most bytes of a reason.
  private static let maximumReason = 1024

  /// The first message: the protections that are in force.
  case hello(version: UInt16, protections: UInt8)
  /// The receiver takes the stream.
  case connected
  /// The system has taken all chunks up to this number.
  case written(number: UInt32)
  /// The connection has failed, and the process ends; the reason has no secret.
  case failed(reason: String, isRefusal: Bool)

  /// Head and fields.
  package var bytes: [UInt8] {
    MessageHead.message(kind) { writer in
      switch self {
      case .hello(let version, let protections):
        writer.add(version)
        writer.add(protections)
      case .connected: break
      case .written(let number): writer.add(number)
      case .failed(let reason, let isRefusal):
        writer.add(String(decoding: reason.utf8.prefix(Self.maximumReason - 2), as: UTF8.self))
        writer.add(isRefusal)
      }
    }
  }

  private var kind: UInt8 {
    switch self {
    case .hello: 1
    case .connected: 2
    case .written: 3
    case .failed: 4
    }
  }

  /// Reads a message.
  ///
  /// - Throws: the error if the bytes are none.
  package init(_ head: MessageHead, _ fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    guard head.payload == 0 else { throw .excess(head.payload) }
    switch head.kind {
    case 1:
      self = .hello(version: try ChildMessage.version(&reader), protections: try reader.integer())
    case 2: self = .connected
    case 3: self = .written(number: try reader.integer())
    case 4:
      self = .failed(
        reason: try reader.text("a reason", limit: Self.maximumReason),
        isRefusal: try reader.boolean("a flag"))
    default: throw .unknownKind(head.kind)
    }
    try reader.end()
  }
}
