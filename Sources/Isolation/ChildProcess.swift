// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Sharing
import System
package import Time

/// A running child of this executable, with one end of a pair of sockets.
///
/// The child has no descriptor but that socket, the sockets of
/// ``MessagePipe/sendPair(sendLimit:)``, and, if it reads them, standard input or the media of
/// publishers.
package final class ChildProcess: Sendable {
  /// The system refuses a process or a descriptor, or the process has ended.
  package struct Refusal: Error, CustomStringConvertible {
    /// `errno`.
    package let code: Int32

    /// A process that another stream starts has not started in time.
    package static let late = Refusal(code: ETIMEDOUT)

    /// Whether the process has closed its socket, as it does when it ends.
    package var isClosed: Bool { code == EPIPE || code == ECONNRESET || code == ENOTCONN }

    /// One line for a person.
    package var description: String {
      "the system refuses another process: \(unsafe String(cString: strerror(code)))"
    }
  }

  /// How a process ended.
  package enum End: Sendable, Equatable {
    /// It exited with this status.
    case exited(Int32)
    /// A signal ended it.
    case killed(signal: Int32)

    /// A few words for a person.
    package var description: String {
      switch self {
      case .exited(let status): "it exited with status \(status)"
      case .killed(let signal): "it was ended by signal \(signal) (\(Self.name(signal)))"
      }
    }

    private static func name(_ signal: Int32) -> String {
      let names: [Int32: String] = [
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGILL: "SIGILL",
        SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP",
        SIGSYS: "SIGSYS", SIGQUIT: "SIGQUIT",
      ]
      if let name = names[signal] { return name }
      return unsafe String(cString: strsignal(signal))
    }
  }

  /// A few words about a process that does not end although it was killed.
  package static let endless = "it does not end: the system waits for a device or a file"

  /// The descriptor of the child's socket in the child.
  package static let socket: Int32 = 3
  /// The descriptor of the media of publishers in the child.
  package static let media: Int32 = 4

  /// The process id.
  package let id: Int32
  /// The parent's end of the pair.
  package let pipe: MessagePipe
  private static let started = Locked<MonotonicTime?>(nil)
  /// When the first process was started; nil for none.
  package static var firstStart: MonotonicTime? { started.withLock { $0 } }
  private let state = Monitor<(end: End?, isReaping: Bool)>((nil, false))

  private init(id: Int32, pipe: MessagePipe) {
    self.id = id
    self.pipe = pipe
  }

  /// The variables for libraries, which each child gets.
  private static let variables = ["LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "LD_PRELOAD"]
  /// The own variables of a child: little memory, and an end at once after a fault, without a trace
  /// of the threads.
  private static let fixed = [
    "MALLOC_ARENA_MAX=2", "\(FatalSignals.variable)=\(FatalSignals.withoutTrace)",
  ]

  /// Starts this executable with an argument.
  ///
  /// Of the variables of the environment it gets those of `variables`, those for libraries, and no
  /// others. The child ends when the program ends, however that happens. The descriptor `media`
  /// becomes ``media`` in the child, and is closed here.
  package static func start(
    _ argument: String, variables: [String] = [], keepsInput: Bool = false, media: Int32? = nil
  ) throws(Refusal) -> ChildProcess {
    let inherited = (Self.variables + variables).compactMap { name in
      SystemEnvironment.value(name).map { "\(name)=\($0)" }
    }
    defer { if let media { close(media) } }
    var (own, other): (Int32, Int32) = (-1, -1)
    let result = unsafe clinux_socket_pair(&own, &other)
    guard result == 0 else { throw Refusal(code: -result) }
    started.withLock { $0 = $0 ?? SystemClock.monotonicTime }
    let id = Spawner.shared.spawn(
      ["streamer", argument], inherited + fixed, socket: other, keepsInput: keepsInput,
      media: media ?? -1)
    close(other)
    let pipe = MessagePipe(own, sendLimit: 1000)
    guard id > 0 else { throw Refusal(code: -id) }
    return ChildProcess(id: id, pipe: pipe)
  }

  /// Ends the process at once; no effect after ``reap()``.
  package func kill() {
    state.update { state in if state.end == nil { _ = Glibc.kill(id, SIGKILL) } }
  }

  /// Waits for the end of the process, at most for `limit`; then releases its entry in the table of
  /// processes.
  ///
  /// Any number of threads may wait. The entry of a process that ends later is released then.
  ///
  /// - Returns: how it ended; nil if it did not.
  package func reap(within limit: Interval) -> End? {
    let deadline = SystemClock.monotonicTime + limit
    let isFirst = state.update { state in
      defer { state.isReaping = true }
      return !state.isReaping
    }
    if isFirst, OSThread(name: "reaper", { [self] in release() }) == nil { release() }
    return state.wait(until: deadline) { $0.end }
  }

  private func release() {
    // The lock is not held meanwhile: another thread may have to end the process.
    let status = clinux_wait_ended(id)
    state.update { $0.end = status == 0 ? Self.release(id) : .exited(-1) }
  }

  /// Waits for the end of another child of this process; its id stays taken until ``release(_:)``.
  package static func waitForEnd(of id: Int32) { _ = clinux_wait_ended(id) }

  /// Releases the entry of a child that has ended: its id may then be that of another process.
  package static func release(_ id: Int32) -> End {
    let status = clinux_reap(id)
    let signal = clinux_signal_of(status)
    return signal > 0 ? .killed(signal: signal) : .exited(clinux_exit_of(status))
  }
}

/// The thread that starts all children.
///
/// The kernel ends a child with the thread that started it, so this thread lives as long as the
/// program.
private final class Spawner: Sendable {
  static let shared = Spawner()

  private let orders = Monitor<[@Sendable () -> Void]>([])
  private let thread = Locked<OSThread?>(nil)

  private init() {
    let started = OSThread(name: "spawner") { [orders] in
      while true { orders.wait { $0.isEmpty ? nil : $0.removeFirst() }() }
    }
    thread.withLock { $0 = started }
  }

  /// The process id, or -errno.
  func spawn(
    _ arguments: [String], _ environment: [String], socket: Int32, keepsInput: Bool, media: Int32
  ) -> Int32 {
    guard thread.withLock({ $0 != nil }) else { return -EAGAIN }
    let result = Monitor<Int32?>(nil)
    orders.update {
      $0.append {
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        // The file of the running program, also if another one has replaced it.
        let id = unsafe clinux_spawn(
          "/proc/self/exe", &words, &variables, socket, keepsInput, media)
        result.update { $0 = id }
      }
    }
    return result.wait { $0 }
  }
}
