// SPDX-License-Identifier: Apache-2.0

import HTTP
import Time

/// Which event a web server gets next, and when: a pure state machine.
///
/// Events are sent one after another, so their order is kept. One that is not accepted is sent
/// again until it is accepted, refused or forgotten.
struct WebhookProgress: Sendable {
  /// The result of a request.
  enum Outcome: Sendable, Equatable {
    /// A status of class 2xx.
    case accepted
    /// A status that another attempt does not change.
    case refused(status: Int)
    /// No response, or a status that may change.
    case failed(String)

    /// The outcome of a response.
    init(status: Int) {
      switch status {
      case 200..<300: self = .accepted
      case _ where StatusCode.isLastingRefusal(status): self = .refused(status: status)
      default: self = .failed("status \(status)")
      }
    }
  }

  /// A change that is logged.
  enum Report: Sendable, Equatable {
    /// Why the first of some events was not accepted.
    case failing(String)
    /// Events are accepted again; `lost` events were refused or forgotten.
    case recovered(lost: Int64)
  }

  /// The number of the newest event that was accepted, refused or forgotten.
  private(set) var last: Int64
  /// When the next attempt is made, if an attempt has failed.
  private(set) var retryAt: MonotonicTime?
  private var pause = DoublingPause(.seconds(1) ... .seconds(30))
  private var lost: Int64 = 0
  private var isFailing = false

  /// The first event is the one after `last`.
  init(after last: Int64) { self.last = last }

  /// Counts the events before the next one that were forgotten: numbers are consecutive.
  mutating func begin(_ number: Int64) {
    let missing = number.subtractingSaturated(last).subtractingSaturated(1)
    lost = lost.addingSaturated(max(0, missing))
    last = max(last, number.subtractingSaturated(1))
  }

  /// Notes the result of the request with the event after ``last``.
  mutating func end(_ outcome: Outcome, at now: MonotonicTime) -> Report? {
    let wasFailing = isFailing
    switch outcome {
    case .accepted:
      advance()
      guard wasFailing else { return nil }
      defer { (isFailing, lost) = (false, 0) }
      return .recovered(lost: lost)
    case .refused(let status):
      advance()
      lost = lost.addingSaturated(1)
      isFailing = true
      return wasFailing ? nil : .failing("status \(status)")
    case .failed(let reason):
      retryAt = now + pause.next()
      isFailing = true
      return wasFailing ? nil : .failing(reason)
    }
  }

  private mutating func advance() {
    last = last.addingSaturated(1)
    retryAt = nil
    pause.reset()
  }
}
