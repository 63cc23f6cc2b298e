// SPDX-License-Identifier: Apache-2.0

package import Isolation
package import Time

/// Decides when the supervised program is started, replaced and ended: pure.
///
/// | event | effect |
/// |---|---|
/// | the program ends with 0 | the supervisor ends with 0 |
/// | it ends with 2 before it was ready for the first time | the supervisor ends with 2 |
/// | it ends otherwise | a new process after a pause, which doubles within `pauses` |
/// | no sign of life for `silenceLimit` | the process is killed, and so restarted |
/// | not ready within `startLimit` | the process is killed, and so restarted or not used |
/// | SIGUSR2 | a new process; when it is ready, the old one leaves |
/// | SIGHUP, SIGUSR1 | passed on |
/// | SIGTERM, SIGINT | the program ends its streams, then the supervisor ends |
package struct Supervision: Sendable {
  /// What the supervisor is to do.
  package enum Action: Sendable, Equatable {
    /// Start a process; answered by ``started(_:now:)`` or ``refused(_:now:)``.
    case start
    /// Send a signal to a process.
    case signal(Signal, to: Int32)
    /// End with this status.
    case exit(Int32)
    /// Write a line to the log.
    case log(isProblem: Bool, String)
  }

  /// A signal for a process.
  package enum Signal: Sendable, Equatable {
    /// SIGINT: end the streams.
    case finish
    /// SIGTERM: leave the streams to the next process.
    case leave
    /// SIGKILL.
    case kill
    /// SIGHUP.
    case reload
    /// SIGUSR1.
    case reopen
  }

  /// An order of an operator.
  package enum Order: Sendable, Equatable {
    case finish, replace, reload, reopen
  }

  /// The pauses before a restart: the first one also after a run of `stableTime`.
  static let pauses = Interval.milliseconds(100)...Interval.seconds(10)
  /// A run that is as long has no effect on the next pause.
  static let stableTime = Interval.seconds(60)
  /// How long a ready process may give no sign of life.
  package static let silenceLimit = Interval.seconds(10)
  /// How long a process may take until it is ready.
  package static let startLimit = Interval.seconds(120)
  /// How long a process may take to end its streams, or to leave.
  static let endLimit = Interval.seconds(12)

  private struct Process: Sendable {
    let id: Int32
    let since: MonotonicTime
    /// The last sign of life; nil before the process is ready.
    var sign: MonotonicTime?
    /// Whether the process was killed, and has not ended yet.
    var isKilled = false

    /// When the process is killed if it gives no sign of life until then.
    var limit: MonotonicTime {
      isKilled ? .distantFuture : sign.map { $0 + silenceLimit } ?? since + startLimit
    }
  }

  /// The process that serves.
  private var current: Process?
  /// The process that replaces `current` when it is ready.
  private var next: Process?
  /// Processes that were told to end, and when they are killed.
  private var leaving: [Int32: MonotonicTime] = [:]
  /// When a process is started; never, if one runs.
  private var startTime: MonotonicTime
  /// Whether a process that is being started replaces another.
  private var isReplacing = false
  private var pause = DoublingPause(pauses)
  private var hasBeenReady = false
  private var isFinishing = false

  /// The first process is due at `now`.
  package init(now: MonotonicTime) { startTime = now }

  /// When ``step(_:)`` is due.
  package var nextDeadline: MonotonicTime {
    let limits = [current, next].compactMap { $0 }.filter { leaving[$0.id] == nil }.map(\.limit)
    return (limits + leaving.values).reduce(startTime, min)
  }

  /// The process that the next started one replaces; nil if none serves.
  package var replacedProcess: Int32? { isReplacing ? current?.id : nil }

  /// Whether a process is the one that serves.
  package func isCurrent(_ id: Int32) -> Bool { current?.id == id }

  /// A process was started, as ``Action/start`` asked.
  package mutating func started(_ id: Int32, now: MonotonicTime) -> [Action] {
    let process = Process(id: id, since: now, sign: nil)
    if isReplacing { next = process } else { current = process }
    isReplacing = false
    return isFinishing ? end(id, .finish, now) : []
  }

  /// The system refused a process.
  package mutating func refused(_ reason: String, now: MonotonicTime) -> [Action] {
    if isReplacing {
      isReplacing = false
      return [.log(isProblem: true, "not replaced: \(reason)")]
    }
    return retry(reason, now)
  }

  /// A process reports that it is ready, or that it still runs.
  package mutating func sign(of id: Int32, now: MonotonicTime) -> [Action] {
    if current?.id == id {
      current?.sign = now
      hasBeenReady = true
    } else if next?.id == id {
      next?.sign = now
      let old = current
      current = next
      next = nil
      hasBeenReady = true
      let line = Action.log(isProblem: false, "process \(id) serves from now on")
      guard let old else { return [line] }
      return [line] + end(old.id, .leave, now)
    }
    return []
  }

  /// A process has ended.
  package mutating func ended(
    _ id: Int32, _ end: ChildProcess.End, now: MonotonicTime
  ) -> [Action] {
    leaving[id] = nil
    if next?.id == id {
      next = nil
      if !isFinishing {
        return [.log(isProblem: true, "not replaced: the new process: \(end.description)")]
      }
    }
    if isFinishing {
      if current?.id == id { current = nil }
      guard current == nil, next == nil, leaving.isEmpty else { return [] }
      return [.exit(end == .exited(0) ? 0 : 1)]
    }
    guard let ended = current, ended.id == id else { return [] }
    current = nil
    if end == .exited(0) {
      let others = [next].compactMap { $0 }
      guard !others.isEmpty else { return [.exit(0)] }
      isFinishing = true
      return others.flatMap { self.end($0.id, .finish, now) }
    }
    if end == .exited(2), !hasBeenReady { return [.exit(2)] }
    if now - ended.since >= Self.stableTime { pause.reset() }
    if let successor = next {
      // It serves as soon as it is ready.
      current = successor
      next = nil
      return [.log(isProblem: true, "process \(id): \(end.description)")]
    }
    return retry("process \(id): \(end.description)", now)
  }

  /// An operator's order.
  package mutating func received(_ order: Order, now: MonotonicTime) -> [Action] {
    let processes = [current, next].compactMap { $0 }
    switch order {
    case .reload: return processes.map { .signal(.reload, to: $0.id) }
    case .reopen: return processes.map { .signal(.reopen, to: $0.id) }
    case .replace:
      guard !isFinishing, next == nil, !isReplacing else { return [] }
      guard current != nil else {
        // A process is due anyway.
        startTime = now
        return []
      }
      isReplacing = true
      return [.start]
    case .finish:
      isFinishing = true
      startTime = .distantFuture
      let ids = Set(processes.map(\.id)).union(leaving.keys).sorted()
      guard !ids.isEmpty || isReplacing else { return [.exit(0)] }
      return ids.flatMap { end($0, .finish, now) }
    }
  }

  /// Starts and kills what is due.
  package mutating func step(_ now: MonotonicTime) -> [Action] {
    var actions: [Action] = []
    for (id, limit) in leaving.sorted(by: { $0.key < $1.key }) where limit <= now {
      leaving[id] = .distantFuture
      actions.append(.log(isProblem: true, "process \(id) does not end: killed"))
      actions.append(.signal(.kill, to: id))
    }
    for process in [current, next].compactMap({ $0 }) {
      guard leaving[process.id] == nil, process.limit <= now else { continue }
      if current?.id == process.id { current?.isKilled = true } else { next?.isKilled = true }
      let fault =
        process.sign == nil
        ? "not ready after \(Self.startLimit.wholeSeconds) s"
        : "no sign of life for \(Self.silenceLimit.wholeSeconds) s"
      actions.append(.log(isProblem: true, "process \(process.id): \(fault): killed"))
      actions.append(.signal(.kill, to: process.id))
    }
    if startTime <= now {
      startTime = .distantFuture
      actions.append(.start)
    }
    return actions
  }

  private mutating func end(_ id: Int32, _ signal: Signal, _ now: MonotonicTime) -> [Action] {
    leaving[id] = leaving[id] ?? now + Self.endLimit
    return [.signal(signal, to: id)]
  }

  private mutating func retry(_ reason: String, _ now: MonotonicTime) -> [Action] {
    let pause = pause.next()
    startTime = now + pause
    let text = "\(reason); a new process starts in \(pause.milliseconds) ms"
    return [.log(isProblem: true, text)]
  }
}
