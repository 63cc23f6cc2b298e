// SPDX-License-Identifier: Apache-2.0

import Packaging
import Streams

/// One stream of the site as it is now.
struct StreamEntry: Sendable {
  /// What there is to serve of it.
  enum State: Sendable {
    /// Nothing runs; it starts when it is asked for.
    case idle
    /// It starts.
    case starting
    /// It has windows, which may have ended.
    case served(ServedStream)
    /// It does not run, for this reason.
    case failed(String)
  }

  let name: String
  let state: State
  /// Whose life it is; nil where whoever publishes into the windows needs none.
  let hosted: StreamSupervisor?
  let options: StreamServingOptions

  /// What is served; nil while nothing is.
  var served: ServedStream? { if case .served(let served) = state { served } else { nil } }

  /// The word for its state in statistics.
  var word: String {
    switch state {
    case .idle: "idle"
    case .starting: "starting"
    case .served(let served):
      switch served.window.snapshot.state {
      case .starting: "starting"
      case .live: "live"
      case .ended: "ended"
      }
    case .failed: "failed"
    }
  }

  /// The words there are.
  static let words = ["idle", "starting", "live", "ended", "failed"]
}
