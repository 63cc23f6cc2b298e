// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A message of a process that pushes a stream to the server.
package enum PushAnswer: FieldMessage, Equatable {
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

  /// Adds the kind and the fields.
  package func write(to writer: inout FieldWriter) {
    switch self {
    case .hello(let version, let protections): writer.add(message: 1, version, protections)
    case .connected: writer.add(message: 2)
    case .written(let number): writer.add(message: 3, number)
    case .failed(let reason, let isRefusal):
      let text = String(decoding: reason.utf8.prefix(Self.maximumReason - 2), as: UTF8.self)
      writer.add(message: 4, text, isRefusal)
    }
  }

  /// Reads a message; see ``FieldMessage``.
  package init(
    _ kind: UInt8, _ reader: inout FieldReader, payload: SharedBytes?
  ) throws(MessageError) {
    switch kind {
    case 1:
      self = .hello(
        version: try reader.version(ChildMessage.version), protections: try reader.integer())
    case 2: self = .connected
    case 3: self = .written(number: try reader.integer())
    case 4:
      self = .failed(
        reason: try reader.text("a reason", limit: Self.maximumReason),
        isRefusal: try reader.boolean())
    default: throw .unknownKind(kind)
    }
  }
}
