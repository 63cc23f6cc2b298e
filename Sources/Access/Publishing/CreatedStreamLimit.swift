// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// The names of the streams that publishers have created, by any protocol: at most a number.
package final class CreatedStreamLimit: Sendable {
  /// How long a stream that a publisher has created outlives its last publisher.
  package static let lingerTime = Interval.seconds(60)

  /// The maximum number of names.
  package let limit: Int
  private let names = Locked<Set<String>>([])

  /// A limit without names.
  package init(limit: Int) { self.limit = limit }

  /// Reserves a name, unless it is taken, or as many streams as permitted exist.
  package func take(_ name: String) -> AccessDecision {
    names.withLock { names in
      guard !names.contains(name) else { return .refused(.taken) }
      guard names.count < limit else { return .refused(.full(limit)) }
      names.insert(name)
      return .granted
    }
  }

  /// Gives a name back: its stream does not exist.
  package func release(_ name: String) { names.withLock { _ = $0.remove(name) } }
}
