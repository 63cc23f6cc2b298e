// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Isolation
package import Logging
import Sharing
package import Time

/// The processes of inputs: starts them, and lets streams share one that share a connection.
package final class SourceProcesses: Sendable {
  private struct State: Sendable {
    var table = ProcessTable()
    var running: [Int: ChildProcess] = [:]
    /// The processes that a stream is starting.
    var starting: Set<Int> = []
  }

  /// When the first process of an input was started, which may connect to this server too.
  package static var firstStart: MonotonicTime? { ChildProcess.firstStart }

  /// Variables of the environment that a process gets: for certificates, and for proxies.
  private static let variables = [
    "SSL_CERT_FILE", "SSL_CERT_DIR",
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
  ]
  /// How long a process may not read.
  static let sendLimit: Int64 = 1000
  /// How long a stream waits for a process that another stream is starting.
  private static let startLimit = Interval.seconds(5)
  /// How long a killed process may take to end: one that waits for a device or a file system
  /// cannot be ended.
  static let endLimit = Interval.seconds(1)

  private let log: Log
  private let state = Monitor(State())

  /// No processes.
  package init(log: Log) { self.log = log }

  // MARK: Expectations

  /// Notes streams with inputs before they start: the first one starts a process for all that share
  /// its connection.
  package func expect(_ members: [ProcessTable.Member]) {
    state.update { state in
      for member in members { state.table.expect(member) }
    }
  }

  /// Forgets a removed stream.
  package func forget(_ name: String) { state.update { $0.table.forget(name) } }

  /// Logs why a stream does not share the connection to an input that another one also has.
  package func report(_ name: String) {
    guard let conflict = state.update({ $0.table.conflict(of: name) }) else { return }
    log.write(
      .info, "input-not-shared", stream: name,
      "\(conflict.address): has a connection of its own beside that of \"\(conflict.other)\", "
        + "since they differ: \(conflict.reasons.joined(separator: ", "))")
  }

  // MARK: Hosting

  /// Lets a stream join the process that shares its connection, or starts one.
  ///
  /// The table reserves the place of the stream; no other input waits for the start, except those
  /// that share the process.
  ///
  /// - Parameters:
  ///   - order: of the stream.
  ///   - media: connects a new process to publishers; the process inherits the descriptor.
  /// - Returns: the stream in its process.
  /// - Throws: the system refuses it, or the new process ended at once.
  func host(
    _ order: StartOrder, media: (@Sendable () -> Int32?)?
  ) throws(HostingFailure) -> SourceInProcess {
    let member = ProcessTable.Member(order, isIsolated: true)
    while true {
      let (assignment, lack) = state.update { state in
        let assigned = state.table.assign(member)
        if case .new(let number, _) = assigned.assignment { state.starting.insert(number) }
        return assigned
      }
      if let lack {
        log.write(
          .info, "input-not-shared", stream: order.name,
          "\(order.address): has a connection of its own, since the running process has no right "
            + "to \(lack)")
      }
      switch assignment {
      case .running(let number):
        if let joined = try join(number, order) { return joined }
      case .new(let number, let rights): return try begin(number, order, rights, media: media)
      }
    }
  }

  /// Starts a process with its first stream.
  private func begin(
    _ number: Int, _ order: StartOrder, _ rights: ProcessRights, media: (@Sendable () -> Int32?)?
  ) throws(HostingFailure) -> SourceInProcess {
    let process: ChildProcess
    do throws(HostingFailure) { process = try start(order, rights, media: media) } catch {
      retire(number)
      throw error
    }
    state.update { state in
      state.starting.remove(number)
      state.running[number] = process
    }
    do throws(ChildProcess.Refusal) { return try join(process, number, order) } catch {
      retire(number)
      process.kill()
      let end = process.reap(within: Self.endLimit)
      throw error.isClosed ? .ended(end) : .refused(error)
    }
  }

  /// Lets a stream join a running process, or one that another stream is starting.
  ///
  /// - Returns: nil if the process has ended, which its streams will notice.
  private func join(_ number: Int, _ order: StartOrder) throws(HostingFailure) -> SourceInProcess? {
    let deadline = SystemClock.monotonicTime + Self.startLimit
    let started: ChildProcess?? = state.wait(until: deadline) { state in
      state.starting.contains(number) ? nil : .some(state.running[number])
    }
    do throws(ChildProcess.Refusal) {
      guard let process = started else { throw .late }
      if let process { return try join(process, number, order) }
    } catch {
      guard error.isClosed else {
        _ = state.update { $0.table.leave(order.name, number) }
        throw .refused(error)
      }
    }
    retire(number)
    return nil
  }

  /// Lets no further stream join a process.
  private func retire(_ number: Int) {
    state.update { state in
      state.table.end(number)
      state.starting.remove(number)
      state.running[number] = nil
    }
  }

  private func start(
    _ order: StartOrder, _ rights: ProcessRights, media: (@Sendable () -> Int32?)?
  ) throws(HostingFailure) -> ChildProcess {
    let descriptor = media?()
    guard media == nil || descriptor != nil else { throw .unconnected }
    do throws(ChildProcess.Refusal) {
      let process = try ChildProcess.start(
        IsolatedSource.argument, variables: Self.variables,
        keepsInput: order.addresses.contains { $0.filePath == nil && $0.kind == .standardInput },
        media: descriptor)
      process.pipe.send(
        ParentMessage.process(version: ChildMessage.version, rights.limited.fields))
      return process
    } catch { throw .refused(error) }
  }

  private func join(
    _ process: ChildProcess, _ number: Int, _ order: StartOrder
  ) throws(ChildProcess.Refusal) -> SourceInProcess {
    SourceInProcess(
      stream: order.name, process: process, number: number,
      pipe: try process.pipe.sendPair(sendLimit: Self.sendLimit))
  }

  /// Lets a stream leave its process, which ends if no stream is left.
  ///
  /// - Returns: whether it ends.
  @discardableResult
  func leave(_ joined: SourceInProcess) -> Bool {
    let isLast = state.update { state in
      let isLast = state.table.leave(joined.stream, joined.number)
      if isLast { state.running[joined.number] = nil }
      return isLast
    }
    if isLast { joined.process.kill() }
    joined.pipe.shutDown()
    return isLast
  }

  /// Ends the process of a stream, with all its streams.
  ///
  /// - Returns: how it ended; nil if it does not end.
  func end(_ joined: SourceInProcess) -> ChildProcess.End? {
    retire(joined.number)
    joined.process.kill()
    return joined.process.reap(within: Self.endLimit)
  }
}

/// Why a stream has no process.
enum HostingFailure: Error, CustomStringConvertible {
  /// The system refuses a process or a socket.
  case refused(ChildProcess.Refusal)
  /// The new process ended before it had the stream.
  case ended(ChildProcess.End?)
  /// The media of publishers cannot be connected.
  case unconnected

  /// A few words for a person.
  var description: String {
    switch self {
    case .refused(let refusal): refusal.description
    case .ended(let end): end?.description ?? ChildProcess.endless
    case .unconnected: "the system refuses a connection to publishers"
    }
  }
}

/// A stream in a process of inputs.
struct SourceInProcess: Sendable {
  /// The name of the stream.
  let stream: String
  let process: ChildProcess
  /// The number of the process.
  let number: Int
  /// The connection to the stream's part of the process.
  let pipe: MessagePipe
}
