// SPDX-License-Identifier: Apache-2.0

import Capture
import Sharing
import Time

/// Audio packets of an input between its thread and the audio thread.
final class AudioQueue: Sendable {
  /// A packet of coded audio.
  struct Entry: Sendable {
    let bytes: [UInt8]
    let format: InputDescription.Audio
    /// The timestamp: the source's clock, unwrapped, nanoseconds.
    let pts: Int64
    /// When its first sample was captured.
    let captured: MonotonicTime
  }

  /// About twenty seconds of audio.
  private static let capacity = 1000

  private let entries = Locked<[Entry]>([])

  /// Appends a packet; if the queue is full, the oldest is dropped.
  func push(_ entry: Entry) {
    entries.withLock { entries in
      entries.append(entry)
      if entries.count > Self.capacity { entries.removeFirst(entries.count - Self.capacity) }
    }
  }

  /// The oldest packet.
  var first: Entry? { entries.withLock { $0.first } }

  /// Removes the oldest packet if it satisfies `condition`; for the audio thread alone.
  ///
  /// - Returns: nil if it does not, or if the queue is empty.
  func pop(where condition: (Entry) -> Bool) -> Entry? {
    guard let first, condition(first) else { return nil }
    return entries.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}
