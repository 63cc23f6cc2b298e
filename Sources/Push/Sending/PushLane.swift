// SPDX-License-Identifier: Apache-2.0

import Logging
package import Packaging
import Sharing
import Time

/// One connection after another to a receiver: a thread that reads windows and sends their chunks.
///
/// No publisher waits for it: the windows are its queue.
final class PushLane: Sendable {
  /// Makes connections for tracks with these descriptions.
  typealias Connect =
    @Sendable ([(track: PushTrack, description: TrackDescription)]) throws(PushFailure) ->
    any PushConnection

  private struct State: Sendable {
    var lifecycle: PushLifecycle
    var counts = PushCounts()
    var tracks: [PushTrack] = []
    /// Rises with each session.
    var session = 0
    /// Rises with each change of a window, and each order.
    var changes: UInt64 = 0
    /// Ends the calls of the present connection.
    var cancel: (@Sendable () -> Void)?
    /// Whether the connection is not open yet.
    var isConnecting = false
  }

  /// The name of the stream, and the receiver without secrets.
  private let stream: String, receiver: String
  private let start: PushCursor.Start
  private let connect: Connect
  private let log: Log
  private let state: Monitor<State>
  private let thread = Locked<OSThread?>(nil)

  /// Starts the thread.
  init(
    stream: String, receiver: String, isStopped: Bool, _ start: PushCursor.Start, log: Log,
    connect: @escaping Connect
  ) {
    self.stream = stream
    self.receiver = receiver
    self.start = start
    self.connect = connect
    self.log = log
    state = Monitor(
      State(lifecycle: PushLifecycle(isStopped: isStopped, SystemClock.monotonicTime)))
    let started = OSThread(name: "push") { [self] in run() }
    thread.withLock { $0 = started }
    if started == nil {
      state.update { $0.lifecycle.offer(obstacle: "no thread", SystemClock.monotonicTime) }
    }
  }

  /// The state and the counts.
  var report: (lifecycle: PushLifecycle, counts: PushCounts) {
    state.read { ($0.lifecycle, $0.counts) }
  }

  /// Sends the tracks of a session from now on; none with an obstacle.
  func follow(_ tracks: [PushTrack], obstacle: String?) {
    let session = state.update { state in
      state.session += 1
      state.changes &+= 1
      state.tracks = tracks
      state.lifecycle.offer(
        obstacle: obstacle ?? PushLifecycle.noMedia, SystemClock.monotonicTime)
      return state.session
    }
    for track in tracks {
      track.window.subscribe { [weak self] in self?.wake(session) }
    }
    wake(session)
  }

  /// Starts or stops by a request.
  func want(_ isWanted: Bool) {
    let cancel = state.update { state in
      state.lifecycle.want(isWanted, SystemClock.monotonicTime)
      state.changes &+= 1
      return state.lifecycle.state == .stopped && state.isConnecting ? state.cancel : nil
    }
    cancel?()
  }

  /// Ends the thread after the chunk that is being sent; media that was read to its end is ended.
  func close() {
    state.update { state in
      state.changes &+= 1
      state.lifecycle.close()
    }
  }

  /// Waits for the end of the thread after ``close()``; a connection that does not end is cut.
  func join(until deadline: MonotonicTime) {
    guard let thread = thread.withLock({ $0.take() }) else { return }
    if thread.join(until: deadline - .milliseconds(200)) { return }
    state.read { $0.cancel }?()
    log.join(thread, until: deadline, stream: stream)
  }

  private func wake(_ session: Int) {
    // On the thread that publishes: a push that sends nothing costs it nothing.
    let (isPresent, lifecycle, tracks) = state.read { state in
      (state.session == session, state.lifecycle, state.tracks)
    }
    guard isPresent else { return }
    guard lifecycle.lacksMedia else {
      if [.pushing, .waiting].contains(lifecycle.state) { state.update { $0.changes &+= 1 } }
      return
    }
    // All tracks must have media before a connection is made.
    guard !tracks.isEmpty, tracks.allSatisfy({ $0.window.snapshot.state == .live }) else { return }
    state.update { state in
      guard state.session == session else { return }
      state.changes &+= 1
      state.lifecycle.offer(obstacle: nil, SystemClock.monotonicTime)
    }
  }

  // MARK: On the thread

  private func run() {
    while true {
      let (action, changes) = state.update { state in
        (state.lifecycle.next(SystemClock.monotonicTime), state.changes)
      }
      switch action {
      case .quit: return
      case .wait(let time):
        _ = state.wait(until: time) { $0.changes != changes ? true : nil }
      case .connect: push()
      }
    }
  }

  /// Makes a connection, and sends until it ends.
  private func push() {
    let (tracks, session) = state.read { ($0.tracks, $0.session) }
    let described = tracks.compactMap { track in
      track.window.snapshot.track.map { (track: track, description: $0) }
    }
    do throws(PushFailure) {
      guard described.count == tracks.count, !tracks.isEmpty else {
        throw .lost(PushLifecycle.noMedia)
      }
      let connection = try connect(described)
      let cancel = connection.cancel
      let mayContinue = state.update { state in
        (state.cancel, state.isConnecting) = (cancel, true)
        return state.lifecycle.mayContinue
      }
      defer { state.update { ($0.cancel, $0.isConnecting) = (nil, false) } }
      guard mayContinue else { throw .lost("stopped") }
      do throws(PushFailure) {
        try connection.open()
        state.update { $0.isConnecting = false }
        let reader = PushReader(
          described.map { ($0.track, $0.description.headerHash) }, start)
        try send(reader, connection, session)
      } catch {
        connection.end(isFinal: false)
        throw error
      }
    } catch { fail(error) }
  }

  /// Sends the media of a session, until it ends or the push is stopped.
  private func send(
    _ reader: PushReader, _ connection: any PushConnection, _ session: Int
  ) throws(PushFailure) {
    var reader = reader
    var dropped: UInt64 = 0
    while true {
      let (changes, mayContinue, isOther) = state.read { state in
        (state.changes, state.lifecycle.mayContinue, state.session != session)
      }
      while mayContinue, !isOther, let item = reader.next() {
        guard case .chunk(let track, let chunk) = item else {
          connection.end(isFinal: false)
          return state.update { $0.lifecycle.ended(SystemClock.monotonicTime) }
        }
        try connection.send(chunk, of: track)
        let (more, mayContinue) = (reader.dropped &- dropped, mayContinueNow())
        dropped = reader.dropped
        count(chunk, dropped: more)
        if !mayContinue { break }
      }
      let hasEnded = reader.hasEnded
      if !mayContinue || isOther || hasEnded {
        connection.end(isFinal: hasEnded || isStopped())
        return state.update { state in
          state.lifecycle.ended(SystemClock.monotonicTime)
          if hasEnded, !isOther {
            state.lifecycle.offer(
              obstacle: PushLifecycle.noMedia, SystemClock.monotonicTime)
          }
        }
      }
      try connection.check()
      let limit = SystemClock.monotonicTime + .seconds(1)
      _ = state.wait(until: limit) { $0.changes != changes ? true : nil }
    }
  }

  private func mayContinueNow() -> Bool { state.read { $0.lifecycle.mayContinue } }
  private func isStopped() -> Bool { state.read { $0.lifecycle.isStopped } }

  private func count(_ chunk: Chunk, dropped: UInt64) {
    let (isFirst, reconnects) = state.update { state in
      state.counts.add(chunk, dropped: dropped)
      let isFirst = state.lifecycle.state == .connecting
      state.lifecycle.delivered(SystemClock.monotonicTime)
      return (isFirst, state.lifecycle.reconnects)
    }
    if isFirst {
      log.write(
        .info, reconnects > 0 ? "push-resumed" : "pushing", stream: stream,
        "\(receiver): the receiver takes the stream")
    }
  }

  private func fail(_ failure: PushFailure) {
    let reported = state.update { state -> (isNew: Bool, wait: Interval)? in
      let before = state.lifecycle.reason
      let now = SystemClock.monotonicTime
      let wasPushing = state.lifecycle.state == .pushing
      state.lifecycle.failed("\(failure)", isRefusal: failure.isRefusal, now)
      guard state.lifecycle.state == .retrying else { return nil }
      // bounded: one per connection
      state.counts.failures += 1
      return (
        wasPushing || before != state.lifecycle.reason,
        (state.lifecycle.retryTime ?? now) - now
      )
    }
    guard let reported else { return }
    log.write(
      reported.isNew ? .warning : .debug, "push-failed", stream: stream,
      "\(receiver): \(failure); trying again in \(reported.wait.milliseconds) ms")
  }
}

/// The counts of a push.
package struct PushCounts: Sendable, Equatable {
  /// Bytes of media that were sent.
  package private(set) var bytes: UInt64 = 0
  /// Frames of video, and chunks of audio, that were sent.
  package private(set) var chunks: UInt64 = 0
  /// Frames and chunks of audio that were left out since the receiver was too slow.
  package private(set) var dropped: UInt64 = 0
  /// Connections that have failed.
  package internal(set) var failures: UInt64 = 0

  /// Nothing was sent.
  package init() {}

  /// Counts a chunk that was sent, and the chunks before it that were left out.
  package mutating func add(_ chunk: Chunk, dropped more: UInt64) {
    bytes &+= UInt64(clamping: chunk.size)
    chunks &+= 1
    dropped &+= more
  }

  /// The sums.
  package static func + (a: PushCounts, b: PushCounts) -> PushCounts {
    var sum = a
    sum.bytes &+= b.bytes
    sum.chunks &+= b.chunks
    sum.dropped &+= b.dropped
    sum.failures &+= b.failures
    return sum
  }
}
