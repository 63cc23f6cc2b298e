// SPDX-License-Identifier: Apache-2.0

package import Time

/// Why the source of a stream in another process supplies no media.
///
/// The times of an outage are those of the receiver: the process sends how long it waits.
package struct OutageFields: FieldValue, Sendable, Equatable {
  /// The longest reason in bytes; longer ones are cut.
  private static let maximumReasonLength = 512
  /// The longest kind in bytes.
  private static let maximumKindLength = 20
  private static let waits = Interval.zero...Interval.seconds(86_400)

  /// The word for the kind.
  package let kind: String
  /// The reason as in the log.
  package let reason: String
  /// How long until the next attempt, at most a day; nil if there is none.
  package let wait: Interval?

  /// Fields; a time out of range is limited, a long reason is cut.
  package init(kind: String, reason: String, wait: Interval?) {
    self.kind = kind
    let isShort = reason.utf8.count <= Self.maximumReasonLength
    self.reason =
      isShort ? reason : String(reason.unicodeScalars.prefix(Self.maximumReasonLength / 4))
    self.wait = wait.map { min(max($0, Self.waits.lowerBound), Self.waits.upperBound) }
  }

  init(_ reader: inout FieldReader) throws(MessageError) {
    kind = try reader.word("a kind of outage", limit: Self.maximumKindLength) {
      $0 == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
    }
    reason = try reader.text("a reason", limit: Self.maximumReasonLength)
    wait = try reader.optional { reader throws(MessageError) in
      try reader.interval("a wait", in: Self.waits)
    }
  }

  /// Adds all values.
  package func write(to writer: inout FieldWriter) { writer.add(kind, reason, wait) }
}
