// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

extension LiveWindow {
  /// How far a window has got, for the decision whether its source is away.
  package struct Progress: Sendable {
    /// The number of the newest complete segment.
    package let complete: Int64
    /// Its number, or that of the open segment.
    package let newest: Int64
    /// When the newest segment became complete.
    package let completed: MonotonicTime
    /// When a chunk arrived last.
    package let heard: MonotonicTime
    /// See ``WindowSnapshot/revision``.
    package let revision: Int64
    /// Whether the source is away.
    package let isAway: Bool
  }

  /// The progress of the window; nil unless it is live and has a segment, which may be that of the
  /// session before.
  package var progress: Progress? {
    shared.withLock { shared in
      let window = shared.window
      guard window.state == .live, let newest = window.newestNumber,
        let complete = window.segments.last?.number
      else { return nil }
      return Progress(
        complete: complete, newest: newest, completed: shared.completed, heard: shared.heard,
        revision: window.revision, isAway: window.isAway)
    }
  }

  /// Lists all segments up to `number`, although the source supplies nothing; see
  /// ``WindowState/pass(through:since:)``.
  ///
  /// - Returns: whether they are listed.
  package func pass(through number: Int64, since revision: Int64? = nil) -> Bool {
    change { $0.pass(through: number, since: revision) }
    return shared.withLock { $0.window.isAway && $0.window.segments.last?.number == number }
  }
}
