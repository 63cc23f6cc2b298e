// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// The bytes that playlists of the past may have in the process, over all streams and renditions.
///
/// Caches note their lists here under their own locks; no cache is called under the lock of the
/// budget.
final class RewoundBudget: Sendable {
  /// A list that is forgotten, since others were requested later.
  struct Victim {
    let cache: RewoundCache
    let first: Int64
  }

  private struct Key: Hashable, Sendable {
    let cache: ObjectIdentifier
    let first: Int64
  }

  private struct Entry: Sendable {
    weak var cache: RewoundCache?
    let size: Int
    let lastUse: MonotonicTime
  }

  private struct State: Sendable {
    var entries: [Key: Entry] = [:]
    var size = 0

    mutating func remove(_ key: Key) -> Entry? {
      guard let entry = entries.removeValue(forKey: key) else { return nil }
      size -= entry.size  // bounded: it was added with the entry
      return entry
    }
  }

  /// That of the process: 30 lists of a day of segments of a second.
  static let process = RewoundBudget(limit: 128 << 20)

  private let limit: Int
  private let state = Locked(State())

  /// A budget of `limit` bytes.
  init(limit: Int) { self.limit = limit }

  /// The bytes of all lists.
  var size: Int { state.withLock(\.size) }

  /// Notes the size of a list that was requested at `now`.
  ///
  /// - Returns: the lists that exceed the budget, least recently requested first; their caches
  ///   forget them. The list itself is none of them.
  func note(
    _ cache: RewoundCache, _ first: Int64, size: Int, now: MonotonicTime
  ) -> [Victim] {
    let key = Key(cache: ObjectIdentifier(cache), first: first)
    return state.withLock { state in
      _ = state.remove(key)
      state.entries[key] = Entry(cache: cache, size: size, lastUse: now)
      state.size += size  // bounded: bytes in memory
      var victims: [Victim] = []
      while state.size > limit,
        let oldest = state.entries.filter({ $0.key != key })
          .min(by: { $0.value.lastUse < $1.value.lastUse })?.key
      {
        if let cache = state.remove(oldest)?.cache {
          victims.append(Victim(cache: cache, first: oldest.first))
        }
      }
      return victims
    }
  }

  /// A list is not kept any more.
  func remove(_ cache: ObjectIdentifier, _ first: Int64) {
    state.withLock { _ = $0.remove(Key(cache: cache, first: first)) }
  }

  /// A cache has ended.
  func removeAll(of cache: ObjectIdentifier) {
    state.withLock { state in
      for key in state.entries.keys where key.cache == cache { _ = state.remove(key) }
    }
  }
}
