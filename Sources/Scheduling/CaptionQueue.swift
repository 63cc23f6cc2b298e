// SPDX-License-Identifier: Apache-2.0

import Media
package import Time

/// The captions of frames of a source on their way to the frames that are encoded, at another rate:
/// a pure state machine.
///
/// Each pair of bytes is sent once, in order, with the first encoded frame of its time or after it.
package struct CaptionQueue: Sendable {
  /// The most bytes that wait: the triplets of a second.
  ///
  /// Above it the oldest are dropped.
  private static let limit = 600 * CaptionData.tripletSize  // bounded: constants

  private var waiting: [(time: MonotonicTime, bytes: ArraySlice<UInt8>)] = []
  private var size = 0

  /// Nothing waits.
  package init() {}

  /// Appends the captions of a frame.
  ///
  /// - Parameters:
  ///   - bytes: triplets of cc_data (ATSC A/53 Part 4 §6.2.3); a torn last one, and invalid ones,
  ///     are dropped. Valid ones without characters stay: they part equal commands.
  ///   - time: the time of the frame.
  package mutating func add(_ bytes: [UInt8], at time: MonotonicTime) {
    let valid = CaptionData.valid(bytes)
    guard !valid.isEmpty else { return }
    waiting.append((time, valid[...]))
    // bounded: each is added and removed once
    size += valid.count
    while size > Self.limit, let oldest = waiting.first {
      size -= oldest.bytes.count
      waiting.removeFirst()
    }
  }

  /// Takes the captions of frames before `end`, as many as a picture can have.
  package mutating func take(before end: MonotonicTime) -> [UInt8] {
    var taken: [UInt8] = []
    let most = CaptionData.maximumTriplets * CaptionData.tripletSize  // bounded: constants
    while let (time, bytes) = waiting.first, time < end, taken.count < most {
      let part = bytes.prefix(most - taken.count)
      taken += part
      size -= part.count
      if part.count == bytes.count {
        waiting.removeFirst()
      } else {
        waiting[0].bytes = bytes.dropFirst(part.count)
      }
    }
    return taken
  }
}
