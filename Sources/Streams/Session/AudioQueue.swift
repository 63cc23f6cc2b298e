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
    /// The timestamp on the source's clock.
    let pts: SourceTime
    /// When its first sample was captured.
    let captured: MonotonicTime
  }

  /// About twenty seconds of audio.
  static let capacity = 1000
  /// The largest number of bytes in the queue; about five seconds of the largest PCM.
  static let byteCapacity = 32 << 20

  private struct State: Sendable {
    var entries: [Entry] = []
    var size = 0

    mutating func removeFirst() -> Entry? {
      guard !entries.isEmpty else { return nil }
      let first = entries.removeFirst()
      size -= first.bytes.count
      return first
    }
  }

  private let state = Locked(State())

  /// Appends a packet; if the queue is full, the oldest packets are dropped.
  func push(_ entry: Entry) {
    state.withLock { state in
      state.entries.append(entry)
      state.size += entry.bytes.count
      while state.entries.count > Self.capacity || state.size > Self.byteCapacity {
        guard state.removeFirst() != nil else { return }
      }
    }
  }

  /// The oldest packet.
  var first: Entry? { state.withLock { $0.entries.first } }

  /// Removes the oldest packet if it satisfies `condition`; for the audio thread alone.
  ///
  /// - Returns: nil if the packet does not satisfy it, or the queue is empty.
  func pop(where condition: (Entry) -> Bool) -> Entry? {
    guard let first, condition(first) else { return nil }
    return state.withLock { $0.removeFirst() }
  }
}
