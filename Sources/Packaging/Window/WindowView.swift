// SPDX-License-Identifier: Apache-2.0

/// The newest snapshots of a window, kept by one loop.
///
/// While the window is unchanged, a request takes no lock and touches no object of other threads.
///
/// Confined to the loop's thread.
package final class WindowView {
  private let window: LiveWindow
  private var count: Int
  private var newest: WindowSnapshot
  private var listed: WindowSnapshot
  private var hasNotStarted = true
  private var hasNoSegment = true

  package init(_ window: LiveWindow) {
    self.window = window
    count = window.changeCount
    newest = window.snapshot
    listed = window.listing
    summarize()
  }

  /// A number that changes with each publication: equal revisions have equal snapshots.
  package var revision: Int {
    refresh()
    return count
  }

  /// The newest snapshot.
  package var snapshot: WindowSnapshot {
    refresh()
    return newest
  }

  /// The snapshot for playlists.
  package var listing: WindowSnapshot {
    refresh()
    return listed
  }

  /// Whether the window is not open to readers yet.
  package var isStarting: Bool {
    refresh()
    return hasNotStarted
  }

  /// Whether playlists have no complete segment yet.
  package var isWithoutSegment: Bool {
    refresh()
    return hasNoSegment
  }

  @inline(__always)
  private func refresh() {
    let count = window.changeCount
    guard count != self.count else { return }
    // The snapshots may be newer than the count; they are then read again with the next count.
    self.count = count
    newest = window.snapshot
    listed = window.listing
    summarize()
  }

  private func summarize() {
    hasNotStarted = newest.state == .starting
    hasNoSegment =
      listed.state == .starting || listed.segments.isEmpty && listed.state != .ended
  }
}
