// SPDX-License-Identifier: Apache-2.0

import Sharing

/// Keeps the playlists of a stream's rungs in step; see ``PublishGateState``.
///
/// Chunks enter their rendition's window at once; only what playlists list waits here.
package final class PublishGate: Sendable {
  private struct Shared: Sendable {
    var state: PublishGateState
    var windows: [GatedWindow] = []
  }

  /// A window, which holds the gate and so must not be held by it.
  private struct GatedWindow: Sendable {
    weak let window: LiveWindow?
  }

  private let shared: Locked<Shared>

  /// A gate for `count` rungs that waits `patience` nanoseconds for a late one.
  package init(count: Int, patience: Int64) {
    shared = Locked(Shared(state: PublishGateState(count: count, patience: patience)))
  }

  /// Says which windows it keeps in step, in the order of their rungs; once, before any goes live.
  package func attach(_ windows: [LiveWindow]) {
    shared.withLock { $0.windows = windows.map { GatedWindow(window: $0) } }
  }

  /// A rung has everything below `version`; lets all list what may be listed now.
  func published(_ version: Int64, by rendition: Int) {
    let now = SystemClock.monotonic
    change { $0.published(version, by: rendition, now: now) }
  }

  /// A rung is not made for a while: the others do not wait for it.
  func left(_ rendition: Int) {
    let now = SystemClock.monotonic
    change { $0.left(rendition, now: now) }
  }

  private func change(_ body: @Sendable (inout PublishGateState) -> Int64?) {
    let (listed, windows) = shared.withLock { shared in (body(&shared.state), shared.windows) }
    guard let listed else { return }
    for rendition in windows { rendition.window?.list(upTo: listed) }
  }
}
