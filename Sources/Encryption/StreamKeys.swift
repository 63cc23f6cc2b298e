// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// The keys of a stream by the numbers of its segments, shared by all threads.
///
/// All tracks of a segment have one key. The key of a segment never changes once the segment has
/// begun, so headers, chunks, playlists and licences agree.
package final class StreamKeys: Sendable, Equatable {
  /// How the keys follow one another.
  package enum Order: Sendable {
    /// The keys of a file in turn, each for `segments` segments; nil: the first key for all.
    case turns([ContentKey], segments: Int64?)
    /// Keys of a key server, each from a segment on.
    case table
  }

  private struct Entry: Sendable {
    let first: Int64
    let key: ContentKey
  }

  private let order: Order
  private let entries = Locked<[Entry]>([])
  /// The most keys of a table; older ones are forgotten.
  private static let maximumEntries = 4096
  /// The key that headers name.
  package let header: ContentKey
  /// The segments from key to key; nil if the key never changes.
  package let rotation: Int64?

  /// Keys of a file; nil without one.
  ///
  /// - Parameters:
  ///   - keys: the keys in their order.
  ///   - segments: the segments with one key; nil for the first key only.
  package init?(_ keys: [ContentKey], segments: Int64?) {
    guard let first = keys.first, segments ?? 1 > 0 else { return nil }
    let changes = keys.count > 1 ? segments : nil
    order = .turns(keys, segments: changes)
    header = first
    rotation = changes
  }

  /// Keys of a key server, of which `first` is the key from the first segment on.
  package init(first: ContentKey, segments: Int64?) {
    order = .table
    header = first
    rotation = segments
    entries.withLock { $0 = [Entry(first: .min, key: first)] }
  }

  package static func == (left: StreamKeys, right: StreamKeys) -> Bool { left === right }

  /// The key of a segment.
  package func key(of segment: Int64) -> ContentKey {
    switch order {
    case .turns(let keys, let segments):
      guard let segments, segments > 0 else { return header }
      // bounded: neither divisor is 0
      let turn = segment / segments % Int64(keys.count)
      return keys[Int(turn < 0 ? 0 : turn)]
    case .table:
      return entries.withLock { $0.last { $0.first <= segment }?.key ?? header }
    }
  }

  /// The key after that of a segment; nil if it is not known, or the key never changes.
  package func next(after segment: Int64) -> ContentKey? {
    guard let rotation else { return nil }
    let own = key(of: segment).identifier
    switch order {
    case .turns:
      let next = key(of: segment.addingSaturated(rotation))
      return next.identifier == own ? nil : next
    case .table:
      return entries.withLock { $0.first { $0.first > segment }?.key }
    }
  }

  /// The keys that are known.
  private var known: [ContentKey] {
    switch order {
    case .turns(let keys, _): keys
    case .table: entries.withLock { $0.map(\.key) }
    }
  }

  /// The key with this KID; nil if the stream does not have it.
  package func key(with identifier: [UInt8]) -> ContentKey? {
    known.first { $0.identifier == identifier }
  }

  /// Adds the key of the segments from `first` on; without effect unless it is after all others.
  package func add(_ key: ContentKey, from first: Int64) {
    entries.withLock { entries in
      guard let last = entries.last, last.first < first else { return }
      entries.append(Entry(first: first, key: key))
      if entries.count > Self.maximumEntries { entries.removeFirst() }
    }
  }

  /// The keys with these KIDs, and those that a viewer of `segment` needs now and next.
  package func licence(for identifiers: [[UInt8]], at segment: Int64) -> [ContentKey] {
    var found = [key(of: segment), next(after: segment)].compactMap(\.self)
    let wanted = Set(identifiers)
    for key in known
    where wanted.contains(key.identifier)
      && !found.contains(where: { $0.identifier == key.identifier })
    { found.append(key) }
    return found
  }
}
