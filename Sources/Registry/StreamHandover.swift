// SPDX-License-Identifier: Apache-2.0

package import Configuration
package import Logging
import Packaging
package import Server
import Sharing
import Streams
import Time

/// The streams that this process takes over from the process that it replaces, and those that it
/// hands over to the next one.
package struct StreamHandover {
  /// How long the process before serves until the streams of this one are live.
  private static let limit = Interval.seconds(15)
  /// The polling interval.
  private static let interval = Interval.milliseconds(2)

  private let state: ServerState
  private let log: Log

  /// The handover of the streams of `state`.
  package init(_ state: ServerState, log: Log) {
    self.state = state
    self.log = log
  }

  /// Waits until the streams with a source of their own are live: the process before serves them
  /// up to a segment, and leaves when this one serves.
  package func take(_ definitions: [StreamDefinition]) {
    guard Predecessor.ofProcess != nil else { return }
    let names = definitions.map(\.settings).filter { settings in
      settings.input == nil && settings.upstream == nil && !settings.isOnDemand
    }.map(\.name)
    let deadline = SystemClock.monotonicTime + Self.limit
    while SystemClock.monotonicTime < deadline, names.contains(where: { isStarting($0) }) {
      SystemClock.sleep(until: SystemClock.monotonicTime + Self.interval)
    }
  }

  /// Hands the streams over to the process that replaces this one, when it asks.
  package func offer() {
    HandoverSender(log: log) { [state] name in
      if case .live(let session)? = state.streams.first(where: { $0.name == name })?.phase {
        session
      } else {
        nil
      }
    }?.start()
  }

  private func isStarting(_ name: String) -> Bool {
    switch state.streams.first(where: { $0.name == name })?.phase {
    case .starting: true
    case .live(let session):
      session.renditions.contains { $0.window.snapshot.state == .starting }
    case .idle, .ended, .failed, nil: false
    }
  }
}
