// SPDX-License-Identifier: Apache-2.0

import Capture
import Sharing

/// Sound of an input on its way from the source's thread to that of the sound.
final class AudioQueue: Sendable {
  /// A stretch of coded sound.
  struct Entry: Sendable {
    let bytes: [UInt8]
    /// What it is.
    let format: InputDescription.Audio
    /// Its stamp: the source's clock, unwrapped, nanoseconds.
    let pts: Int64
    /// When its first sample was captured: monotonic clock, nanoseconds.
    let captured: Int64
  }

  /// More is never kept: about twenty seconds.
  private static let capacity = 1000

  private let entries = Locked<[Entry]>([])

  /// Takes the next stretch; where nobody takes what waits, the oldest is let go.
  func push(_ entry: Entry) {
    entries.withLock { entries in
      entries.append(entry)
      if entries.count > Self.capacity { entries.removeFirst(entries.count - Self.capacity) }
    }
  }

  /// What comes next.
  var first: Entry? { entries.withLock { $0.first } }

  /// Takes out what comes next if `accept` says so; nil where nothing does, or nothing waits.
  func pop(where accept: (Entry) -> Bool) -> Entry? {
    guard let first, accept(first) else { return nil }
    return entries.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }

  /// What was captured by `now`, in the order in which it came; what a file gives early waits for its time.
  func due(_ now: Int64) -> [Entry] {
    entries.withLock { entries in
      let count = entries.firstIndex { $0.captured > now } ?? entries.count
      defer { entries.removeFirst(count) }
      return Array(entries.prefix(count))
    }
  }
}
