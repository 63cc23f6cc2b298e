// SPDX-License-Identifier: Apache-2.0

import Access
package import Time

/// The streams that publishers have created, and since when each has no publisher.
///
/// A pure state machine.
package struct CreatedStreamTable: Sendable {
  /// Since when each stream has no publisher; nil while it has one.
  private var absent: [String: MonotonicTime?] = [:]

  /// No streams.
  package init() {}

  /// Whether there is none.
  package var isEmpty: Bool { absent.isEmpty }

  /// Whether a publisher has created a stream of this name.
  package func contains(_ name: String) -> Bool { absent[name] != nil }

  /// Notes a new stream, which has no publisher yet.
  package mutating func add(_ name: String, at now: MonotonicTime) { absent[name] = .some(now) }

  /// Forgets a stream.
  ///
  /// - Returns: whether it was there.
  package mutating func remove(_ name: String) -> Bool { absent.removeValue(forKey: name) != nil }

  /// Removes the streams that have ended, and those without a publisher for
  /// ``CreatedStreamLimit/lingerTime``.
  ///
  /// - Parameters:
  ///   - now: the time.
  ///   - hasPublisher: whether a stream has a publisher; nil if there is no such stream, since a
  ///     request or the configuration has removed it.
  /// - Returns: the streams that have ended otherwise, and the unused ones.
  package mutating func expire(
    at now: MonotonicTime, _ hasPublisher: (String) -> Bool?
  ) -> (gone: [String], unused: [String]) {
    var result: (gone: [String], unused: [String]) = ([], [])
    for (name, since) in absent {
      guard let hasPublisher = hasPublisher(name) else {
        result.gone.append(name)
        continue
      }
      let start = hasPublisher ? nil : since ?? now
      absent[name] = .some(start)
      if let start, now - start >= CreatedStreamLimit.lingerTime { result.unused.append(name) }
    }
    for name in result.gone + result.unused { absent[name] = nil }
    return result
  }
}
