// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// The names of the streams that publishers have created, by any protocol: at most a number.
package final class PublishAllowance: Sendable {
  /// The answer to a publisher that wants to create a stream.
  package enum Answer: Sendable, Equatable {
    case granted
    /// A publisher has created a stream of this name.
    case taken
    /// As many streams as permitted exist.
    case exhausted
  }

  /// How long a stream that a publisher has created outlives its last publisher.
  package static let lingerTime = Interval.seconds(60)

  /// The maximum number of names.
  package let limit: Int
  private let names = Locked<Set<String>>([])

  /// An allowance of `limit` names.
  package init(limit: Int) { self.limit = limit }

  /// Reserves a name.
  package func take(_ name: String) -> Answer {
    names.withLock { names in
      guard !names.contains(name) else { return .taken }
      guard names.count < limit else { return .exhausted }
      names.insert(name)
      return .granted
    }
  }

  /// Gives a name back: its stream does not exist.
  package func release(_ name: String) { names.withLock { _ = $0.remove(name) } }
}
