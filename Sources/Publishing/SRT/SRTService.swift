// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Net
import Sharing
import Time

/// A listener for SRT callers that publish, on a thread of its own.
package final class SRTService: Sendable {
  private struct State {
    var tasks: [@Sendable () -> Void] = []
    var isClosing = false
    /// Whether the thread takes no more tasks.
    var hasEnded = true
  }

  /// The interval between two attempts to bind a port that another process has.
  private static let retryTime = Interval.milliseconds(100)

  let registry: PublisherRegistry
  let handshakes: SRTHandshakes
  let log: Log
  private let options: SRTOptions
  /// Nil if another process has the port.
  private let listener: SRTSocket?
  private let state = Monitor(State())

  /// Binds the port; callers are not answered yet.
  ///
  /// - Parameters:
  ///   - options: the port.
  ///   - access: decides which callers may publish.
  ///   - log: the log.
  /// - Throws: an error whose description names the address, the port and the reason.
  package init(_ options: SRTOptions, _ access: SRTAccess, log: Log) throws(NetError) {
    self.options = options
    registry = access.registry
    self.log = log
    handshakes = SRTHandshakes(access, log: log)
    do throws(NetError) { listener = try SRTSocket(options) } catch {
      guard case .cannotListen = error, options.waitsForPort else { throw error }
      log.write(.info, "port-busy", "\(error); retrying")
      listener = nil
    }
  }

  /// Answers callers from now on, or when another process has released the port.
  ///
  /// - Parameter report: called with the bound address, during this call or on another thread.
  /// - Throws: an error if the library does not listen, or the system refuses a thread.
  package func start(
    _ report: @escaping @Sendable (PeerAddress) -> Void
  ) throws(NetError) {
    let poll = try listener.map { listener throws(NetError) in try listen(listener, report) }
    state.update { $0.hasEnded = false }
    let thread = OSThread(name: "srt") { [self] in
      if let listener, let poll {
        SRTLoop(self, listener, poll).run()
      } else {
        serveLater(report)
      }
      finish()
    }
    guard thread == nil else { return }
    state.update { $0.hasEnded = true }
    throw .cannotListen(host: options.host, port: options.port, reason: "no thread is left")
  }

  private func listen(
    _ listener: SRTSocket, _ report: (PeerAddress) -> Void
  ) throws(NetError) -> SRTPoll {
    guard let poll = SRTPoll(), listener.listen(backlog: 64, handshakes), poll.watch(listener)
    else {
      throw .cannotListen(
        host: options.host, port: options.port, reason: "libsrt does not listen")
    }
    report(listener.localAddress)
    return poll
  }

  /// Serves callers when the port is free.
  private func serveLater(_ report: (PeerAddress) -> Void) {
    while takeTasks() != nil {
      SystemClock.sleep(until: SystemClock.monotonicTime + Self.retryTime)
      guard let listener = try? SRTSocket(options) else { continue }
      do throws(NetError) {
        let poll = try listen(listener, report)
        SRTLoop(self, listener, poll).run()
      } catch {
        listener.close()
        log.write(.error, "port-busy", "\(error)")
      }
      return
    }
  }

  /// Closes all connections, and waits at most a second for their threads.
  package func close() {
    state.update { $0.isClosing = true }
    _ = state.wait(until: SystemClock.monotonicTime + .seconds(1)) { $0.hasEnded ? true : nil }
  }

  /// Runs `body` on the thread of the listener; after its end at once.
  func post(_ body: @escaping @Sendable () -> Void) {
    let isTaken = state.update { state in
      if !state.hasEnded { state.tasks.append(body) }
      return !state.hasEnded
    }
    if !isTaken { body() }
  }

  /// The tasks for the thread of the listener; nil to end it.
  func takeTasks() -> [@Sendable () -> Void]? {
    state.update { state in
      guard !state.isClosing else { return nil }
      defer { state.tasks = [] }
      return state.tasks
    }
  }

  /// Ends the thread of the listener, after the last tasks.
  private func finish() {
    while true {
      let tasks = state.update { state in
        defer { state.tasks = [] }
        state.hasEnded = state.tasks.isEmpty
        return state.tasks
      }
      guard !tasks.isEmpty else { return }
      for task in tasks { task() }
    }
  }
}
