// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Packaging
import Sharing
package import Time

/// The pushes of all streams.
package final class PushStore: Sendable {
  private let log: Log
  private let agent: String
  private let streams = Locked<[String: StreamPushes]>([:])

  /// A store without streams.
  package init(agent: String, log: Log) {
    self.agent = agent
    self.log = log
  }

  /// The pushes of a stream; they replace those of a stream of its name.
  package func stream(_ name: String, _ targets: [PushTarget], _ tls: PushTLS) -> StreamPushes {
    let made = StreamPushes(
      targets.map { StreamPush(of: name, to: $0, tls, agent: agent, log: log) })
    let before = streams.withLock { $0.updateValue(made, forKey: name) }
    before?.close()
    return made
  }

  /// Ends the pushes of a stream.
  package func remove(_ name: String) {
    streams.withLock { $0.removeValue(forKey: name) }?.close()
  }

  /// The pushes of a stream; nil for none.
  package func pushes(of name: String) -> StreamPushes? { streams.withLock { $0[name] } }

  /// Ends pushes of a stream, unless others have replaced them.
  package func remove(_ name: String, _ pushes: StreamPushes?) {
    guard let pushes else { return }
    streams.withLock { streams in
      if streams[name] === pushes { streams[name] = nil }
    }
    pushes.close()
  }

  /// Ends all pushes, and waits for them.
  package func close(until deadline: MonotonicTime) {
    let all = streams.withLock { Array($0.values) }
    for one in all { one.close() }
    for one in all { one.join(until: deadline) }
  }
}

/// The pushes of one stream, in the order of the configuration.
package final class StreamPushes: Sendable {
  /// The pushes.
  package let all: [StreamPush]

  init(_ all: [StreamPush]) { self.all = all }

  /// Sends a session from now on, whose first window is the top rendition; none for no windows.
  package func follow(_ windows: [(name: String, window: LiveWindow)]) {
    for push in all { push.follow(windows) }
  }

  func close() { for push in all { push.close() } }

  func join(until deadline: MonotonicTime) { for push in all { push.join(until: deadline) } }
}
