// SPDX-License-Identifier: Apache-2.0

/// The start of a message: its kind, and the sizes of its fields and of its payload.
package struct MessageHead: Sendable, Equatable {
  /// The number of bytes of a head.
  package static let size = 9
  /// The most bytes of the fields of a message.
  package static let maximumFieldsLength = 1 << 20
  /// The most bytes of a payload: an access unit of 32 MB, and its boxes.
  package static let maximumPayloadLength = (32 << 20) + 4096

  /// The kind of the message.
  package let kind: UInt8
  /// The number of bytes of the fields.
  package let fields: Int
  /// The number of bytes after the fields.
  package let payload: Int

  /// The head of a message that is sent.
  package init(kind: UInt8, fields: Int, payload: Int = 0) {
    self.kind = kind
    self.fields = fields
    self.payload = payload
  }

  /// Reads a head.
  package init(_ bytes: [UInt8]) throws(MessageError) {
    var reader = FieldReader(bytes)
    kind = try reader.integer()
    fields = Int(try reader.integer(UInt32.self))
    payload = Int(try reader.integer(UInt32.self))
    try reader.end()
    guard fields <= Self.maximumFieldsLength else {
      throw .tooLarge(field: "a message", count: fields, limit: Self.maximumFieldsLength)
    }
    guard payload <= Self.maximumPayloadLength else {
      throw .tooLarge(field: "a payload", count: payload, limit: Self.maximumPayloadLength)
    }
  }

  /// The number of bytes of the whole message.
  // bounded: both sizes have limits
  var size: Int { Self.size + fields + payload }

  /// The bytes of the head.
  package var bytes: [UInt8] {
    var writer = FieldWriter()
    writer.add(kind, UInt32(clamping: fields), UInt32(clamping: payload))
    return writer.bytes
  }

  /// The bytes of a message without texts, at most.
  static let usualSize = 96
}
