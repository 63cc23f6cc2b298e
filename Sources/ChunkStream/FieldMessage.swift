// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A message between processes or servers: a kind, fields, and perhaps a payload.
package protocol FieldMessage: Sendable {
  /// The kind whose messages have a payload; nil if no kind has one, which is the default.
  static var payloadKind: UInt8? { get }
  /// The bytes that are sent after the fields; nil if there are none, which is the default.
  var payload: SharedBytes? { get }

  /// Reads the fields of a message of a kind.
  ///
  /// - Throws: the error if the bytes are no message.
  init(
    _ kind: UInt8, _ reader: inout FieldReader, payload: SharedBytes?
  ) throws(MessageError)

  /// Adds the kind and the fields.
  func write(to writer: inout FieldWriter)
}

extension FieldMessage {
  /// No kind has a payload.
  package static var payloadKind: UInt8? { nil }
  /// No payload.
  package var payload: SharedBytes? { nil }

  /// Head and fields; the payload follows them.
  package var bytes: [UInt8] {
    var writer = FieldWriter(reserving: MessageHead.usualSize)
    write(to: &writer)
    // The sizes in the head, which only now are known.
    writer.replace(from: 1, with: UInt32(clamping: writer.bytes.count - MessageHead.size))
    writer.replace(from: 5, with: UInt32(clamping: payload?.count ?? 0))
    return writer.bytes
  }

  /// Reads a message.
  ///
  /// - Parameters:
  ///   - head: its head.
  ///   - fields: its fields, of the size in the head.
  ///   - payload: the bytes after its fields; nil if there are none.
  /// - Throws: the error if the bytes are no message.
  package init(
    _ head: MessageHead, _ fields: [UInt8], payload: SharedBytes? = nil
  ) throws(MessageError) {
    guard head.kind == Self.payloadKind || head.payload == 0 else { throw .excess(head.payload) }
    var reader = FieldReader(fields)
    self = try Self(head.kind, &reader, payload: payload)
    try reader.end()
  }
}
