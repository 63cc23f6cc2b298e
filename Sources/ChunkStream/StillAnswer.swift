// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A message of the process of stills to the server.
package enum StillAnswer: Sendable {
  /// The most bytes of a still.
  package static let maximumStillLength = 8 << 20
  /// The most bytes of a reason.
  private static let maximumReason = 1024

  /// The first message: the protections that are in force.
  case hello(version: UInt16, protections: UInt8)
  /// The answer to the order with this ticket: a JPEG, and whether the group of its decoder has
  /// ended, since the decoder could give the frame only at its end.
  case still(ticket: UInt32, endsGroup: Bool, SharedBytes)
  /// The answer to the order with this ticket: why there is no still.
  case refused(ticket: UInt32, reason: String)

  /// Head and fields; the payload follows.
  package var bytes: [UInt8] {
    MessageHead.message(kind, payload: payload?.count ?? 0) { writer in
      switch self {
      case .hello(let version, let protections):
        writer.add(version)
        writer.add(protections)
      case .still(let ticket, let endsGroup, _):
        writer.add(ticket)
        writer.add(endsGroup)
      case .refused(let ticket, let reason):
        writer.add(ticket)
        writer.add(String(decoding: reason.utf8.prefix(Self.maximumReason - 2), as: UTF8.self))
      }
    }
  }

  /// The bytes after the fields; nil for none.
  package var payload: SharedBytes? {
    if case .still(_, _, let picture) = self { picture } else { nil }
  }

  private var kind: UInt8 {
    switch self {
    case .hello: 1
    case .still: 2
    case .refused: 3
    }
  }

  /// Reads a message.
  ///
  /// - Throws: the error if the bytes are none.
  package init(
    _ head: MessageHead, _ fields: [UInt8], payload: SharedBytes?
  ) throws(MessageError) {
    var reader = FieldReader(fields)
    switch (head.kind, payload) {
    case (1, nil):
      self = .hello(
        version: try ChildMessage.version(&reader), protections: try reader.integer())
    case (2, let picture?):
      guard picture.count <= Self.maximumStillLength else {
        throw .tooLarge(field: "a still", count: picture.count, limit: Self.maximumStillLength)
      }
      self = .still(
        ticket: try reader.integer(), endsGroup: try reader.boolean("a flag"), picture)
    case (3, nil):
      self = .refused(
        ticket: try reader.integer(),
        reason: try reader.text("a reason", limit: Self.maximumReason))
    default: throw .unknownKind(head.kind)
    }
    try reader.end()
  }
}
