// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Logging
import Net
import Streams
import Time

/// The starts of streams on demand, and warnings about started streams.
extension ServerState {
  /// Logs once for each stream why the server does not switch as its options ask.
  func reportObstacles() {
    for served in streamTable.served {
      guard let reason = served.takeObstacle() else { continue }
      log.write(
        .warning, "switching", stream: served.name,
        "the server cannot switch renditions, the MPD lists them: \(reason)")
    }
  }

  /// Whether a request of `peer` may start a stream on demand.
  func mayStart(by peer: PeerAddress, at now: MonotonicTime) -> AccessDecision {
    let running = streams.count { stream in
      guard stream.plan.isOnDemand else { return false }
      return switch stream.phase {
      case .starting, .live: true
      case .idle, .ended, .failed: false
      }
    }
    // A proxy brings the requests of all its clients.
    let isCounted = !peer.isLoopback && !options.proxies.contains(peer)
    return attempts.start(by: isCounted ? peer : nil, running: running, at: now)
  }
}
