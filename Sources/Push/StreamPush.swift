// SPDX-License-Identifier: Apache-2.0

package import Logging
import Net
package import Packaging
import Sharing
package import Time

/// A stream that is pushed to one receiver, over all sessions.
package final class StreamPush: Sendable {
  /// What users see of it.
  package struct Status: Sendable {
    /// The state: that of the track of CMAF that is furthest from being pushed.
    package let state: PushLifecycle.State
    /// When the state began.
    package let since: MonotonicTime
    /// Why the receiver gets nothing; nil without a fault.
    package let reason: String?
    /// When the receiver is tried again.
    package let retryTime: MonotonicTime?
    /// The renditions that are sent.
    package let renditions: [String]
    /// The connections after the first one.
    package let reconnects: UInt64
    package let counts: PushCounts
  }

  private struct State: Sendable {
    var lanes: [String: PushLane] = [:]
    var renditions: [String] = []
    var isStopped: Bool
    var isClosed = false
    var obstacle: String? = PushLifecycle.noMedia
    let since: MonotonicTime
  }

  /// The receiver, and what it gets.
  package let target: PushTarget
  private let stream: String
  private let tls: PushTLS
  private let agent: String
  private let log: Log
  private let state: Locked<State>

  /// A push without a session.
  ///
  /// - Parameters:
  ///   - stream: the name of the stream.
  ///   - target: the receiver.
  ///   - tls: the certificates.
  ///   - agent: the value of `User-Agent`.
  ///   - log: the log.
  package init(
    of stream: String, to target: PushTarget, _ tls: PushTLS, agent: String, log: Log
  ) {
    self.target = target
    self.stream = stream
    self.tls = tls
    self.agent = agent
    self.log = log
    state = Locked(State(isStopped: target.isStopped, since: SystemClock.monotonicTime))
  }

  /// The status.
  package var status: Status {
    let (lanes, renditions, isStopped, obstacle, since) = state.withLock { state in
      (
        Array(state.lanes.values), state.renditions, state.isStopped, state.obstacle, state.since
      )
    }
    let reports = lanes.map(\.report)
    let worst = reports.map(\.lifecycle).max { Self.rank($0.state) < Self.rank($1.state) }
    return Status(
      state: isStopped ? .stopped : worst?.state ?? .waiting, since: worst?.since ?? since,
      reason: worst?.reason ?? (isStopped ? nil : obstacle), retryTime: worst?.retryTime,
      renditions: renditions,
      reconnects: reports.reduce(0) { $0 &+ $1.lifecycle.reconnects },
      counts: reports.reduce(PushCounts()) { $0 + $1.counts })
  }

  private static func rank(_ state: PushLifecycle.State) -> Int {
    switch state {
    case .stopped: 0
    case .pushing: 1
    case .waiting: 2
    case .connecting: 3
    case .retrying: 4
    }
  }

  /// Sends a session from now on; none for no windows.
  package func follow(_ windows: [(name: String, window: LiveWindow)]) {
    let (tracks, obstacle) = PushTrack.choose(windows, for: target)
    // Over CMAF each track has a connection of its own.
    let groups = target.address.kind == .cmaf ? tracks.map { [$0] } : tracks.isEmpty ? [] : [tracks]
    var followed: [(lane: PushLane, tracks: [PushTrack])] = []
    let left = state.withLock { state -> [PushLane] in
      guard !state.isClosed else { return [] }
      state.obstacle = obstacle
      if !tracks.isEmpty { state.renditions = tracks.map(\.name) }
      for group in groups {
        let name = target.address.kind == .cmaf ? group[0].name : "all"
        let lane = state.lanes[name] ?? lane(name, isStopped: state.isStopped)
        state.lanes[name] = lane
        followed.append((lane, group))
      }
      return state.lanes.values.filter { lane in !followed.contains { $0.lane === lane } }
    }
    for lane in left { lane.follow([], obstacle: obstacle ?? PushLifecycle.noMedia) }
    for (lane, tracks) in followed { lane.follow(tracks, obstacle: nil) }
  }

  /// Starts it by a request, or tries again at once.
  package func start() { want(true) }

  /// Stops it by a request: the receiver gets the end of the media.
  package func stop() { want(false) }

  private func want(_ isWanted: Bool) {
    let lanes = state.withLock { state in
      state.isStopped = !isWanted
      return Array(state.lanes.values)
    }
    log.write(
      .info, isWanted ? "push-started" : "push-stopped", stream: stream,
      "\(target.address): by a request")
    for lane in lanes { lane.want(isWanted) }
  }

  /// Ends all connections.
  package func close() {
    let lanes = state.withLock { state in
      state.isClosed = true
      return Array(state.lanes.values)
    }
    for lane in lanes { lane.close() }
  }

  /// Waits for the threads after ``close()``.
  package func join(until deadline: MonotonicTime) {
    for lane in state.withLock({ Array($0.lanes.values) }) { lane.join(until: deadline) }
  }

  private func lane(_ name: String, isStopped: Bool) -> PushLane {
    let isCMAF = target.address.kind == .cmaf
    let receiver = "\(target.address)" + (isCMAF ? " (\(name))" : "")
    let connect: PushLane.Connect = { [target, tls, agent, log] tracks throws(PushFailure) in
      guard isCMAF else {
        return try ProcessConnection(
          to: target.address, tls.trust, tracks.map(\.description), log)
      }
      guard let (track, description) = tracks.first,
        let address = target.address.url(of: track.name, isAudio: track.isAudio)
      else { throw .refused("no URL of the track") }
      return CMAFConnection(
        to: address, tls, agent: agent, isAudio: track.isAudio, header: description.header.array,
        ClientCancellation())
    }
    return PushLane(
      stream: stream, receiver: receiver, isStopped: isStopped, isCMAF ? .segment : .keyFrame,
      log: log, connect: connect)
  }
}
