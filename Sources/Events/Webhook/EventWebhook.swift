// SPDX-License-Identifier: Apache-2.0

import Checked
package import HTTP
package import Logging
package import Net
import Sharing
import System
package import Time

/// Sends each event of the program to a web server by POST, in order.
///
/// A thread of its own sends; no call of this type blocks, but ``finish(until:)``.
package final class EventWebhook: Sendable {
  /// Sends a body with fields to an address, and returns the status of the response.
  package typealias Sending =
    @Sendable (
      _ body: [UInt8], _ fields: [HeaderField], _ address: WebAddress, _ deadline: MonotonicTime
    ) throws -> Int

  private struct State {
    var hasNews = true
    /// Whether the thread has sent all events.
    var isIdle = false
    /// Whether the thread has ended, after the last event.
    var hasEnded = false
  }

  /// How long a response is waited for.
  private static let timeLimit = Interval.seconds(5)

  private let address: WebAddress
  private let key: [UInt8]
  private let events: ProgramEvents
  private let log: Log
  private let send: Sending
  private let state = Monitor(State())

  /// A webhook for the events from now on.
  ///
  /// - Parameters:
  ///   - address: the URL.
  ///   - key: of the signature; empty for requests without one.
  ///   - events: the events.
  ///   - log: for failures; its lines are events too.
  ///   - send: sends a request.
  package init(
    to address: WebAddress, key: [UInt8], _ events: ProgramEvents, log: Log,
    send: @escaping Sending = EventWebhook.post
  ) {
    self.address = address
    self.key = key
    self.events = events
    self.log = log
    self.send = send
  }

  /// Sends by ``HTTPClient``, without following redirections.
  package static let post: Sending = { body, fields, address, deadline in
    try HTTPClient.post(
      body, type: "application/json", fields: fields, to: address, deadline: deadline)
  }

  /// The fields of a request: the name of the event, and the signature if there is a key.
  package static func fields(_ event: String, _ body: [UInt8], key: [UInt8]) -> [HeaderField] {
    let name = HeaderField("X-Streamer-Event", event)
    guard !key.isEmpty else { return [name] }
    let signature = hexadecimal(Digest.hmacSHA256(body, key: key))
    return [name, HeaderField("X-Streamer-Signature", "sha256=\(signature)")]
  }

  /// Begins to send.
  package func start() {
    let first = events.last
    events.subscribe { [state] in state.update { $0.hasNews = true } }
    let thread = OSThread(name: "event-hook") { self.run(after: first) }
    if thread == nil {
      log.write(.error, "webhook-failed", "--on-event: the system refuses a thread")
      state.update { $0.hasEnded = true }
    }
  }

  /// Waits until all events are sent, or until the deadline.
  ///
  /// - Returns: whether it waits for no event any more.
  @discardableResult
  package func finish(until deadline: MonotonicTime) -> Bool {
    state.wait(until: deadline) { $0.hasEnded || $0.isIdle && !$0.hasNews ? true : nil } ?? false
  }

  private func run(after first: Int64) {
    var progress = WebhookProgress(after: first)
    while true {
      let isClosed = events.isClosed
      let events = events.events(after: progress.last)
      for event in events {
        progress.begin(event.number)
        let report = progress.end(outcome(of: event), at: SystemClock.monotonicTime)
        if let report { write(report) }
        if progress.retryAt != nil { break }
      }
      if isClosed, progress.retryAt == nil { return state.update { $0.hasEnded = true } }
      wait(until: progress.retryAt)
    }
  }

  /// Waits for an event, or until the next attempt.
  private func wait(until retry: MonotonicTime?) {
    if let retry {
      let never: Bool? = state.wait(until: retry) { _ in nil }
      assert(never == nil)
      return
    }
    state.update { $0.isIdle = true }
    let isAwake: Bool = state.wait { state in state.hasNews ? true : nil }
    state.update { ($0.hasNews, $0.isIdle) = (!isAwake, false) }
  }

  private func outcome(of event: ProgramEvent) -> WebhookProgress.Outcome {
    let body = Array(event.json.utf8)
    let fields = Self.fields(event.record.event, body, key: key)
    do {
      let deadline = SystemClock.monotonicTime + Self.timeLimit
      return .init(status: try send(body, fields, address, deadline))
    } catch { return .failed("\(error)") }
  }

  private func write(_ report: WebhookProgress.Report) {
    switch report {
    case .failing(let reason):
      log.write(
        .warning, "webhook-failed", "--on-event: \(reason); the event is sent again unless refused")
    case .recovered(let lost):
      let text = lost == 0 ? "none was lost" : "\(lost) were refused or forgotten"
      log.write(.info, "webhook-recovered", "--on-event: events are accepted again; \(text)")
    }
  }
}
