// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// A binary message of a publisher page: 24 bytes, and one coded frame of video or audio.
///
/// | bytes | content |
/// |---|---|
/// | 0 | 4, the kind of messages with coded frames |
/// | 1 | flags: 1 key frame; 16 always |
/// | 2–3 | the group of its track |
/// | 4–7 | the number in the group, which wraps around |
/// | 8–11 | the time of sending, ms of the server's clock modulo 2^32 |
/// | 12–19 | the capture time, µs since 1970 of the server's clock |
/// | 20–23 | presentation minus capture time, µs, with a sign |
package struct PageFrame: Sendable, Equatable {
  /// The bytes before the coded frame.
  package static let headSize = 24
  /// The largest message, in bytes.
  package static let largest = 4 << 20
  /// The kind of messages with coded frames.
  private static let kind = 4
  /// The largest distance of presentation and capture time, in microseconds.
  private static let maximumShift: Int64 = 1_000_000

  /// Whether it is marked as a key frame.
  package let isKey: Bool
  package let group: UInt16
  package let number: UInt32
  /// The time of sending, in milliseconds modulo 2^32.
  package let sent: UInt32
  /// The capture time.
  package let captured: WallTime
  /// The presentation time, in microseconds since 1970.
  package let presentation: Int64
  /// The coded frame.
  package let bytes: [UInt8]

  /// Reads a message.
  ///
  /// - Throws: ``PageError`` if it is none with a coded frame, or its times are impossible.
  package init(_ message: [UInt8]) throws(PageError) {
    let span = message.span
    guard message.count > Self.headSize, message.count <= Self.largest,
      let kind = span.bigEndian(at: 0, count: 1), let flags = span.bigEndian(at: 1, count: 1),
      let group = span.bigEndian(at: 2, count: 2), let number = span.bigEndian(at: 4, count: 4),
      let sent = span.bigEndian(at: 8, count: 4), let high = span.bigEndian(at: 12, count: 4),
      let low = span.bigEndian(at: 16, count: 4), let shift = span.bigEndian(at: 20, count: 4)
    else {
      throw .malformed(
        "a message has \(message.count) bytes (expected \(Self.headSize + 1)–\(Self.largest))"
      )
    }
    guard kind == Self.kind, flags & ~1 == 16 else {
      throw .malformed(
        "a message of kind \(kind) with flags \(flags) (expected 4; 16 or 17)")
    }
    isKey = flags & 1 != 0
    self.group = UInt16(clamping: group)
    self.number = UInt32(clamping: number)
    self.sent = UInt32(clamping: sent)
    // The largest time whose nanoseconds have 63 bits, less a second.
    let microseconds = UInt64(high) << 32 | UInt64(low)
    guard microseconds < UInt64(Int64.max / 1000 - Self.maximumShift) else {
      throw .clock("impossible capture time")
    }
    let signed = Int64(Int32(truncatingIfNeeded: shift))
    guard signed.magnitude <= Self.maximumShift.magnitude else {
      throw .clock("the presentation is \(signed / 1000) ms after the capture (expected ±1000 ms)")
    }
    captured = WallTime.origin + .microseconds(Int64(clamping: microseconds))
    presentation = Int64(clamping: microseconds).addingSaturated(signed)
    bytes = Array(message[Self.headSize...])
  }
}
