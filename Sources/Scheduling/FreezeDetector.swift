// SPDX-License-Identifier: Apache-2.0

package import Time

/// Finds spans in which the process did not run, by calls at regular times: a pure state machine.
///
/// A suspended process or machine reads no media. What has arrived meanwhile waits in sockets, so
/// the silence before the end of such a span says nothing about the source.
package struct FreezeDetector: Sendable {
  /// The time between two calls.
  package static let interval = Interval.milliseconds(300)
  /// The longest time between two calls of a process that runs; shorter than the silence after
  /// which a source counts as away.
  package static let limit = Interval.milliseconds(700)

  /// The time of the newest call.
  private var last: MonotonicTime?
  /// The end of the newest span; nil if there was none.
  package private(set) var end: MonotonicTime?

  /// No span.
  package init() {}

  /// Notes that the process runs at `now`.
  package mutating func note(_ now: MonotonicTime) {
    if let last, now - last > Self.limit { end = now }
    last = now
  }
}
