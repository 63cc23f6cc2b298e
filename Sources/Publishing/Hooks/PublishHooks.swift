// SPDX-License-Identifier: Apache-2.0

import HTTP
package import Logging
package import Net
import Sharing
package import Time

/// Asks a web server whether a client may publish, and tells another one when it has ended.
///
/// Requests have threads of their own, at most ``HookQueue/maximumThreads``; they end without work.
/// No call of this type blocks.
package final class PublishHooks: Sendable {
  /// The addresses to which events are sent; nil for none.
  package struct Addresses: Sendable, Equatable {
    /// `--on-publish`.
    package var publish: WebAddress?
    /// `--on-unpublish`.
    package var unpublish: WebAddress?

    /// No addresses.
    package init() {}
  }

  /// Sends a body to an address, and returns the status of the response.
  package typealias Sending =
    @Sendable (
      _ body: [UInt8], _ address: WebAddress, _ deadline: MonotonicTime
    ) throws -> Int

  private struct Call: Sendable {
    let address: WebAddress
    let event: PublishEvent
    /// When the request counts as unanswered; nil for ``timeLimit`` after its start.
    let deadline: MonotonicTime?
    /// Whether a client still waits for it; true without a deadline.
    let isWanted: @Sendable () -> Bool
    let end: @Sendable (_ failure: String?) -> Void
  }

  /// How long a response is waited for.
  private static let timeLimit = Interval.seconds(2)

  private let addresses: Addresses
  private let log: Log
  private let send: Sending
  private let queue = Locked(HookQueue<Call>())

  /// Hooks at these addresses.
  package convenience init(_ addresses: Addresses, log: Log) {
    self.init(addresses, log: log) { body, address, deadline in
      try HTTPClient.post(body, type: "application/json", to: address, deadline: deadline)
    }
  }

  /// Hooks whose requests `send` sends; it may return later than at its deadline.
  package init(_ addresses: Addresses, log: Log, send: @escaping Sending) {
    self.addresses = addresses
    self.log = log
    self.send = send
  }

  /// Whether neither hook exists.
  package var areAbsent: Bool { addresses == Addresses() }

  /// The permission of a client if no hook decides.
  package func permit(_ event: PublishEvent) -> PublishPermit? {
    addresses.publish == nil ? PublishPermit(event, self) : nil
  }

  /// Asks whether a client may publish.
  ///
  /// - Parameters:
  ///   - event: the client and its stream.
  ///   - answer: called once, on any thread, with the permission; nil if the response is not of
  ///     class 2xx or is late.
  package func ask(
    _ event: PublishEvent, answer: @escaping @Sendable (PublishPermit?) -> Void
  ) {
    guard let address = addresses.publish else { return answer(PublishPermit(event, self)) }
    let answered = OnceFlag()
    let call = Call(
      address: address, event: event, deadline: SystemClock.monotonicTime + Self.timeLimit,
      isWanted: { !answered.isRaised }
    ) { [self] failure in
      let permit = failure == nil ? PublishPermit(event, self) : nil
      // After its refusal the end of the permission tells the hook that the client has gone.
      guard answered.raise() else { return }
      if let failure {
        log.write(
          .warning, "publish-refused", stream: event.loggedStream,
          "\(event.transport.rawValue) from \(event.peer.masked)\(event.targetWords): "
            + "--on-publish: \(failure)")
      }
      answer(permit)
    }
    submit(call)
  }

  /// Tells that a client that was permitted to publish has ended.
  func tellEnd(of event: PublishEvent) {
    guard let address = addresses.unpublish else { return }
    submit(
      Call(address: address, event: event, deadline: nil, isWanted: { true }) { [log] failure in
        guard let failure else { return }
        log.write(
          .warning, "hook-failed", stream: event.loggedStream, "--on-unpublish: \(failure)")
      })
  }

  // MARK: Threads

  private func submit(_ call: Call) {
    let (isTaken, needsThread) = queue.withLock { $0.add(call, isUrgent: call.deadline != nil) }
    guard isTaken else { return call.end("too many requests wait") }
    // The look-up of a name may block for longer.
    if let deadline = call.deadline {
      TimerThread.ofProcess.run(at: deadline) {
        call.end("\(HTTPClient.Failure.connection(.noResponse))")
      }
    }
    guard needsThread, OSThread(name: "publish-hook", { self.work() }) == nil else { return }
    for call in queue.withLock({ $0.threadFailed() }) {
      call.end("the system refuses a thread")
    }
  }

  private func work() {
    var wasPatient: Bool?
    while let (call, isPatient) = queue.withLock({ $0.next(after: wasPatient) }) {
      wasPatient = isPatient
      // Its client was refused at the deadline.
      guard call.isWanted() else { continue }
      let deadline = call.deadline ?? SystemClock.monotonicTime + Self.timeLimit
      do {
        let status = try send(Array(call.event.json.utf8), call.address, deadline)
        call.end((200..<300).contains(status) ? nil : "status \(status)")
      } catch { call.end("\(error)") }
    }
  }
}
