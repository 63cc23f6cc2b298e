// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A message of the process of stills to the server.
package enum StillAnswer: FieldMessage {
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

  /// The kind of stills.
  package static let payloadKind: UInt8? = 2

  /// The JPEG.
  package var payload: SharedBytes? {
    if case .still(_, _, let picture) = self { picture } else { nil }
  }

  /// Adds the kind and the fields.
  package func write(to writer: inout FieldWriter) {
    switch self {
    case .hello(let version, let protections): writer.add(message: 1, version, protections)
    case .still(let ticket, let endsGroup, _): writer.add(message: 2, ticket, endsGroup)
    case .refused(let ticket, let reason):
      let text = String(decoding: reason.utf8.prefix(Self.maximumReason - 2), as: UTF8.self)
      writer.add(message: 3, ticket, text)
    }
  }

  /// Reads a message; see ``FieldMessage``.
  package init(
    _ kind: UInt8, _ reader: inout FieldReader, payload: SharedBytes?
  ) throws(MessageError) {
    switch (kind, payload) {
    case (1, nil):
      self = .hello(
        version: try reader.version(ChildMessage.version), protections: try reader.integer())
    case (2, let picture?):
      guard picture.count <= Self.maximumStillLength else {
        throw .tooLarge(field: "a still", count: picture.count, limit: Self.maximumStillLength)
      }
      self = .still(ticket: try reader.integer(), endsGroup: try reader.boolean(), picture)
    case (3, nil):
      self = .refused(
        ticket: try reader.integer(),
        reason: try reader.text("a reason", limit: Self.maximumReason))
    default: throw .unknownKind(kind)
    }
  }
}
