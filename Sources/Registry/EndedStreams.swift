// SPDX-License-Identifier: Apache-2.0

import Packaging
import Sharing

/// The ends of removed streams: a stream of the same name continues their numbers.
///
/// A name of media then never gets other bytes, also if a publisher creates the stream again, or
/// the configuration changes.
final class EndedStreams: Sendable {
  /// The most ends; the oldest ones are forgotten.
  private static let maximumCount = 1000

  private struct Table: Sendable {
    var ends: [String: WindowEnd] = [:]
    /// The names, oldest first.
    var names: [String] = []
  }

  private let table = Locked(Table())

  /// The end of the newest removed stream with a name; nil if none is known.
  func end(of name: String) -> WindowEnd? { table.withLock { $0.ends[name] } }

  /// Notes the end of a removed stream.
  func add(_ end: WindowEnd?, of name: String) {
    guard let end else { return }
    table.withLock { table in
      table.names.removeAll { $0 == name }
      table.names.append(name)
      table.ends[name] = end
      guard table.names.count > Self.maximumCount else { return }
      table.ends[table.names.removeFirst()] = nil
    }
  }
}
