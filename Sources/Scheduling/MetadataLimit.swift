// SPDX-License-Identifier: Apache-2.0

package import Time

/// How much metadata of a source is used: a pure state machine.
///
/// Metadata is repeated for every viewer; a flood of it must cost neither viewers nor log.
package struct MetadataLimit: Sendable {
  /// The result for one message.
  package enum Outcome: Sendable, Equatable {
    /// It is used.
    case admitted
    /// It is left out; whether it is the first since messages were admitted for an interval.
    case refused(isFirst: Bool)
  }

  /// The most messages per second, texts apart.
  package static let messages = 60
  /// The most bytes per second, of texts as many again.
  package static let bytes = 32_768
  /// The most texts per second: 16 languages with four texts that are cues of half a second, and as
  /// many that change.
  package static let texts = 256

  private let messages: Int
  /// The interval after which refused messages are reported again.
  private static let interval = Interval.seconds(10)

  private var second = MonotonicTime.distantPast
  private var count = 0
  private var size = 0
  private var refused = MonotonicTime.distantPast

  /// Nothing was taken; at most `messages` per second will be.
  package init(messages: Int = messages) { self.messages = messages }

  /// Takes a message of `bytes` bytes.
  package mutating func take(bytes: Int, at now: MonotonicTime) -> Outcome {
    if now - second >= .seconds(1) { (second, count, size) = (now, 0, 0) }
    guard count < messages, bytes <= Self.bytes - size else {
      defer { refused = now }
      return .refused(isFirst: now - refused >= Self.interval)
    }
    count += 1
    // bounded: the guard has compared the sum with the limit
    size += bytes
    return .admitted
  }
}
