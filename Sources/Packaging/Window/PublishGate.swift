// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// Decides when the playlists of a ladder may list a part; see ``PublishGateState``.
///
/// Chunks enter the window of their rendition immediately; only playlists are delayed.
package final class PublishGate: Sendable {
  private struct Shared: Sendable {
    var state: PublishGateState
    var windows: [GatedWindow] = []
  }

  /// A window; the reference is weak because the window retains the gate.
  private struct GatedWindow: Sendable {
    weak let window: LiveWindow?
  }

  private let shared: Locked<Shared>

  /// A gate for `count` renditions that waits for a late rendition at most for `gracePeriod`.
  package init(count: Int, gracePeriod: Interval) {
    shared = Locked(Shared(state: PublishGateState(count: count, gracePeriod: gracePeriod)))
  }

  /// Sets the windows in the order of their renditions; called once, before any goes live.
  package func attach(_ windows: [LiveWindow]) {
    shared.withLock { $0.windows = windows.map { GatedWindow(window: $0) } }
  }

  /// A rendition has published all parts below `version`.
  func published(_ version: Int64, by rendition: Int) {
    let now = SystemClock.monotonicTime
    change { $0.published(version, by: rendition, now: now) }
  }

  /// A rendition is left out; the others do not wait for it until it publishes again.
  func left(_ rendition: Int) {
    let now = SystemClock.monotonicTime
    change { $0.left(rendition, now: now) }
  }

  private func change(_ body: @Sendable (inout PublishGateState) -> Int64?) {
    let (listed, windows) = shared.withLock { shared in (body(&shared.state), shared.windows) }
    guard let listed else { return }
    for rendition in windows { rendition.window?.list(upTo: listed) }
  }
}
