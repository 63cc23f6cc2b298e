// SPDX-License-Identifier: Apache-2.0

/// A command message of a client, and the replies of this server.
///
/// - Source: Adobe RTMP 1.0 §7.2
package struct RTMPCommand: Sendable, Equatable {
  /// The name.
  package let name: String
  /// The transaction; 0 if no reply is expected.
  package let transaction: Double
  /// The values after the transaction; the first is the command object, or null.
  package let arguments: [AMF0Value]

  /// Reads a command; nil if it has no name.
  ///
  /// - Parameters:
  ///   - payload: of the message.
  ///   - isAMF3: whether the message is of type 17, whose first byte precedes values of AMF 0.
  /// - Throws: if the values are invalid.
  package init?(_ payload: [UInt8], isAMF3: Bool) throws(AMF0Error) {
    var reader = AMF0Reader(payload, from: isAMF3 && payload.first == 0 ? 1 : 0)
    let values = try reader.rest()
    guard let name = values.first?.text else { return nil }
    self.name = name
    transaction = values.dropFirst().first?.number ?? 0
    arguments = Array(values.dropFirst(2))
  }

  /// The payload of a command message with these values.
  package static func payload(_ values: [AMF0Value]) -> [UInt8] { values.flatMap(\.bytes) }

  /// The content of a status.
  static func status(_ level: String, _ code: String, _ text: String) -> AMF0Value {
    .object(["level": .string(level), "code": .string(code), "description": .string(text)])
  }
}
