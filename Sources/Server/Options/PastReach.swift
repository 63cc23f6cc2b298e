// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// How far viewers of a stream may go back in its archive.
///
/// All requests read it, and a reload changes it while the sessions of the stream continue.
package final class PastReach: Sendable {
  private struct Values: Equatable, Sendable {
    var dvr: Interval
    var list: Interval
  }

  private let values: Locked<Values>

  /// A reach with these values.
  ///
  /// - Parameters:
  ///   - dvr: how far viewers may go back; zero for not at all.
  ///   - list: the longest time between the start of a playlist that continues to the live edge and
  ///     its request.
  package init(dvr: Interval = .zero, list: Interval = .seconds(7200)) {
    values = Locked(Values(dvr: dvr, list: list))
  }

  /// How far viewers may go back; zero for not at all.
  package var dvr: Interval { values.withLock { $0.dvr } }

  /// The longest time between the start of a playlist that continues to the live edge and its
  /// request.
  package var list: Interval { values.withLock { $0.list } }

  /// Whether viewers may go back.
  var isOpen: Bool { dvr > .zero }

  /// Gives requests from now on other values.
  ///
  /// - Returns: whether they differ from the values before.
  package func change(dvr: Interval, list: Interval) -> Bool {
    let new = Values(dvr: dvr, list: list)
    return values.withLock { values in
      defer { values = new }
      return values != new
    }
  }
}
