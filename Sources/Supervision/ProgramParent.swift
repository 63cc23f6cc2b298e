// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Isolation
package import Logging
import Sharing
package import System
import Time

/// A small parent that keeps the listening sockets, and restarts the program.
///
/// It opens no media and answers no request. Connections wait in its sockets while no process
/// serves.
package final class ProgramParent: Sendable {
  private enum Event: Sendable {
    case order(Supervision.Order)
    case sign(Int32)
    case ended(Int32)
  }

  private let program: SupervisedProgram
  private let notices: NoticeSocket
  private let log: Log
  private let events = Monitor<[Event]>([])
  /// The supervisor of this supervisor; nil for none.
  private let notifier = ServiceNotifier.ofProcess()

  /// - Parameters:
  ///   - program: the program.
  ///   - notices: where it reports.
  ///   - log: the log.
  package init(_ program: SupervisedProgram, notices: NoticeSocket, log: Log) {
    self.program = program
    self.notices = notices
    self.log = log
  }

  /// Runs until the program has ended or an operator ends it.
  ///
  /// Call it on the main thread: the kernel tells processes to leave when this thread ends.
  ///
  /// - Returns: the status for the exit.
  /// - Throws: if the system refuses a thread.
  package func run() throws(SystemError) -> Int32 {
    try SignalWaiter.start { [events] signal in
      events.update { $0.append(.order(Self.order(of: signal))) }
    }
    let receiver = OSThread(name: "notices") { [notices, events] in
      while let sender = notices.next() { events.update { $0.append(.sign(sender)) } }
    }
    guard receiver != nil else { throw SystemError("pthread_create", EAGAIN) }
    var supervision = Supervision(now: SystemClock.monotonicTime)
    var pending = supervision.step(SystemClock.monotonicTime)
    while true {
      while !pending.isEmpty {
        let action = pending.removeFirst()
        if case .exit(let status) = action { return status }
        pending += perform(action, &supervision)
      }
      let event = events.wait(until: supervision.nextDeadline) {
        $0.isEmpty ? nil : $0.removeFirst()
      }
      let now = SystemClock.monotonicTime
      switch event {
      case .order(let order)?: pending = supervision.received(order, now: now)
      case .ended(let id)?:
        // Released here, where signals are sent: none reaches another process with this id.
        pending = supervision.ended(id, ChildProcess.release(id), now: now)
      case .sign(let id)?:
        pending = supervision.sign(of: id, now: now)
        if supervision.isCurrent(id) { tellSupervisor() }
      case nil: pending = []
      }
      pending += supervision.step(now)
    }
  }

  /// A supervisor above learns that the program runs; the first sign says that it is ready.
  private func tellSupervisor() {
    guard let notifier else { return }
    notifier.send(.ready)
    if notifier.watchdogInterval != nil { notifier.send(.alive) }
  }

  private func perform(
    _ action: Supervision.Action, _ supervision: inout Supervision
  ) -> [Supervision.Action] {
    let now = SystemClock.monotonicTime
    switch action {
    case .start:
      let id = program.start(replacing: supervision.replacedProcess)
      guard id > 0 else {
        return supervision.refused(unsafe String(cString: strerror(-id)), now: now)
      }
      log.write(.info, "supervisor", "process \(id) was started")
      let waiter = OSThread(name: "wait") { [events] in
        ChildProcess.waitForEnd(of: id)
        events.update { $0.append(.ended(id)) }
      }
      guard waiter != nil else {
        _ = kill(id, SIGKILL)
        _ = ChildProcess.release(id)
        return supervision.refused("the system refuses another thread", now: now)
      }
      return supervision.started(id, now: now)
    case .signal(let signal, let id): _ = kill(id, Self.number(of: signal))
    case .log(let isProblem, let text):
      log.write(isProblem ? .error : .info, "supervisor", text)
    case .exit: break
    }
    return []
  }

  private static func order(of signal: SignalWaiter.Signal) -> Supervision.Order {
    switch signal {
    case .terminate, .interrupt: .finish
    case .user1: .reopen
    case .user2: .replace
    case .hangup: .reload
    }
  }

  private static func number(of signal: Supervision.Signal) -> Int32 {
    switch signal {
    case .finish: SIGINT
    case .leave: SIGTERM
    case .kill: SIGKILL
    case .reload: SIGHUP
    case .reopen: SIGUSR1
    }
  }
}
