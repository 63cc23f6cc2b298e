// SPDX-License-Identifier: Apache-2.0

/// The state of the media of a publisher, in words for its owner.
///
/// The words contain nothing that the publisher has chosen.
package struct PublisherNote: FieldValue, Sendable, Equatable {
  /// The kinds of states.
  package enum Kind: UInt8, Sendable, CaseIterable {
    /// No picture yet, and none is overdue.
    case waiting = 1
    /// The media give pictures.
    case accepted = 2
    /// The media give no picture.
    case noPicture = 3
    /// The media give pictures, and audio that cannot be decoded.
    case noAudio = 4

    /// The name in documents.
    package var name: String {
      switch self {
      case .waiting: "waiting"
      case .accepted: "accepted"
      case .noPicture: "no-picture"
      case .noAudio: "no-audio"
      }
    }
  }

  /// The longest text in bytes.
  private static let maximumLength = 512

  /// The kind.
  package let kind: Kind
  /// The arrived media, and the expected ones.
  package let text: String

  /// A state; a text of more than 512 bytes is cut.
  package init(_ kind: Kind, _ text: String) {
    self.kind = kind
    let isShort = text.utf8.count <= Self.maximumLength
    self.text = isShort ? text : String(text.unicodeScalars.prefix(Self.maximumLength / 4))
  }

  init(_ reader: inout FieldReader) throws(MessageError) {
    let number = try reader.integer("a kind of note", in: 1...Kind.noAudio.rawValue)
    guard let kind = Kind(rawValue: number) else {
      throw .invalid(field: "a kind of note", value: "\(number)")
    }
    self.kind = kind
    text = try reader.text("the text of a note", limit: Self.maximumLength)
  }

  /// Adds all values.
  package func write(to writer: inout FieldWriter) { writer.add(kind.rawValue, text) }
}
