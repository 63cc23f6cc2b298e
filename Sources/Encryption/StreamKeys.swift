// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// The keys of a stream by the numbers of its segments, shared by all threads.
///
/// All tracks of a segment have one key. The key of a segment never changes once the segment has
/// begun, so headers, chunks, playlists and licences agree.
///
/// If the numbers of segments are times, a key period is a range of numbers. Otherwise the next key
/// begins with the second segment after the newest one at the time at which its period begins: no
/// track has published that segment, and no playlist announces it.
package final class StreamKeys: Sendable, Equatable {
  private struct Entry: Sendable {
    let first: Int64
    let key: ContentKey
  }

  private struct State: Sendable {
    /// Each key with the first segment that it encrypts, in the order of the segments.
    var entries: [Entry] = []
    /// The newest segment of all tracks, and the key period of the last entry; both only if the
    /// keys follow the clock.
    var newest = Int64.min
    var period = Int64.min
    /// The key of a later period.
    var next: (period: Int64, key: ContentKey)?
  }

  /// The keys of a file, which are used in turn; nil for keys of a key server.
  private let file: [ContentKey]?
  private let state = Locked(State())
  /// The most keys of a table; older ones are forgotten.
  private static let maximumEntries = 4096
  /// The key that headers name.
  package let header: ContentKey
  /// How long a key is used; nil if the key never changes.
  package let rotation: KeyRotation?

  /// Keys of a file; nil without one.
  ///
  /// - Parameters:
  ///   - keys: the keys in their order.
  ///   - rotation: how long each is used; nil for the first key only.
  package init?(_ keys: [ContentKey], _ rotation: KeyRotation?) {
    guard let first = keys.first else { return nil }
    file = keys
    header = first
    self.rotation = keys.count > 1 ? rotation : nil
  }

  /// Keys of a key server, of which `first` is the key from the first segment on.
  package init(first: ContentKey, _ rotation: KeyRotation?) {
    file = nil
    header = first
    self.rotation = rotation
    state.withLock { $0.entries = [Entry(first: .min, key: first)] }
  }

  package static func == (left: StreamKeys, right: StreamKeys) -> Bool { left === right }

  /// The key of a file for a key period.
  private static func turn(_ keys: [ContentKey], _ period: Int64) -> ContentKey? {
    // bounded: the remainder is below the count
    keys.isEmpty ? nil : keys[Int(max(0, period % Int64(keys.count)))]
  }

  /// The key of a segment.
  package func key(of segment: Int64) -> ContentKey {
    if let file {
      guard let rotation else { return header }
      if !rotation.hasVariableDuration {
        // bounded: at least one segment
        return Self.turn(file, segment / rotation.segments) ?? header
      }
    }
    return state.withLock { key(of: segment, $0) }
  }

  private func key(of segment: Int64, _ state: State) -> ContentKey {
    state.entries.last { $0.first <= segment }?.key ?? header
  }

  /// The key of a segment of which a track publishes a chunk now.
  package func key(publishing segment: Int64, at now: WallTime) -> ContentKey {
    guard let rotation, rotation.hasVariableDuration else { return key(of: segment) }
    return state.withLock { state in
      state.newest = max(state.newest, segment)
      advance(&state, to: rotation.period(at: now))
      return key(of: segment, state)
    }
  }

  /// Begins with the key of a key period, if it is a later one than that of the last entry.
  private func advance(_ state: inout State, to period: Int64) {
    guard period > state.period else { return }
    if let file {
      guard let key = Self.turn(file, period) else { return }
      append(key, from: state.entries.isEmpty ? .min : state.newest.addingSaturated(2), &state)
      state.period = period
    } else if let next = state.next, next.period <= period {
      append(next.key, from: state.newest.addingSaturated(2), &state)
      state.period = period
      state.next = nil
    }
  }

  /// Adds a key, which replaces one for the same segment: that has not begun.
  private func append(_ key: ContentKey, from first: Int64, _ state: inout State) {
    if let last = state.entries.last {
      guard last.first <= first, last.key.identifier != key.identifier else { return }
      if last.first == first { state.entries.removeLast() }
    }
    state.entries.append(Entry(first: first, key: key))
    if state.entries.count > Self.maximumEntries { state.entries.removeFirst() }
  }

  /// The key after that of a segment; nil if it is not known, or the key never changes.
  package func next(after segment: Int64) -> ContentKey? {
    guard let rotation else { return nil }
    let own = key(of: segment).identifier
    let next: ContentKey?
    if file != nil, !rotation.hasVariableDuration {
      next = key(of: segment.addingSaturated(rotation.segments))
    } else {
      next = state.withLock { state in
        state.entries.first { $0.first > segment }?.key ?? state.next?.key
          ?? file.flatMap { Self.turn($0, state.period.addingSaturated(1)) }
      }
    }
    return next?.identifier == own ? nil : next
  }

  /// The keys that are known.
  private var known: [ContentKey] {
    file ?? state.withLock { $0.entries.map(\.key) + [$0.next?.key].compactMap(\.self) }
  }

  /// The key with this KID; nil if the stream does not have it.
  package func key(with identifier: [UInt8]) -> ContentKey? {
    known.first { $0.identifier == identifier }
  }

  /// Adds the key of a later key period; without effect unless it is after all others.
  ///
  /// A segment that may have begun keeps its key: the answer of a key server may be late.
  package func add(_ key: ContentKey, of period: Int64, at now: WallTime) {
    guard let rotation else { return }
    let first = max(
      period.multipliedSaturated(by: rotation.segments),
      rotation.segment(at: now).addingSaturated(2))
    state.withLock { state in
      guard rotation.hasVariableDuration else {
        if let last = state.entries.last, last.first < first { append(key, from: first, &state) }
        return
      }
      // The key before it may have to begin.
      advance(&state, to: rotation.period(at: now))
      state.next = (period, key)
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
