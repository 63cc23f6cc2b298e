// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Net
import Sharing
import Time

/// Asks a web server whether a client may publish, and tells another one when it has ended.
///
/// Requests have threads of their own, at most ``mostThreads``, which end without work: no call of
/// this type blocks.
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

  private struct Call: Sendable {
    let address: WebAddress
    let event: PublishEvent
    /// When the request counts as unanswered; nil for ``timeLimit`` after its start.
    let deadline: MonotonicTime?
    let end: @Sendable (_ failure: String?) -> Void
  }

  private struct State: Sendable {
    var waiting: [Call] = []
    var threadCount = 0
  }

  /// How long a response is waited for.
  private static let timeLimit = Interval.seconds(2)
  private static let mostThreads = 8
  /// Further events are refused, or not told.
  private static let mostWaiting = 256

  private let addresses: Addresses
  private let log: Log
  private let state = Locked(State())

  /// Hooks at these addresses.
  package init(_ addresses: Addresses, log: Log) {
    self.addresses = addresses
    self.log = log
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
    let deadline = SystemClock.monotonicTime + Self.timeLimit
    submit(
      Call(address: address, event: event, deadline: deadline) { [self] failure in
        guard let failure else { return answer(PublishPermit(event, self)) }
        log.write(
          .warning, "publish-refused", stream: event.stream,
          "\(event.transport.rawValue) from \(event.peer.masked): --on-publish: \(failure)")
        answer(nil)
      })
  }

  /// Tells that a client that was permitted to publish has ended.
  func tellEnd(of event: PublishEvent) {
    guard let address = addresses.unpublish else { return }
    submit(
      Call(address: address, event: event, deadline: nil) { [log] failure in
        guard let failure else { return }
        log.write(.warning, "hook-failed", stream: event.stream, "--on-unpublish: \(failure)")
      })
  }

  // MARK: Threads

  private func submit(_ call: Call) {
    let (isTaken, needsThread) = state.withLock { state in
      guard state.waiting.count < Self.mostWaiting else { return (false, false) }
      state.waiting.append(call)
      guard state.threadCount < Self.mostThreads else { return (true, false) }
      state.threadCount += 1
      return (true, true)
    }
    guard isTaken else { return call.end("too many requests wait") }
    guard needsThread, OSThread(name: "publish-hook", { self.work() }) == nil else { return }
    // Without any thread no call would end.
    let left = state.withLock { state in
      state.threadCount -= 1
      guard state.threadCount == 0 else { return [Call]() }
      defer { state.waiting = [] }
      return state.waiting
    }
    for call in left { call.end("the system refuses a thread") }
  }

  private func work() {
    while let call = next() {
      let deadline = call.deadline ?? SystemClock.monotonicTime + Self.timeLimit
      do throws(HTTPPost.Failure) {
        let status = try HTTPPost.send(
          Array(call.event.json.utf8), type: "application/json", to: call.address,
          deadline: deadline)
        call.end((200..<300).contains(status) ? nil : "status \(status)")
      } catch { call.end("\(error)") }
    }
  }

  private func next() -> Call? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.threadCount -= 1
        return nil
      }
      return state.waiting.removeFirst()
    }
  }
}
