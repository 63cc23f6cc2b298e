// SPDX-License-Identifier: Apache-2.0

package import Net
package import Sharing
import Time

/// Watches one target on a thread of its own, until it is cancelled.
///
/// After an error it begins again, with a pause that grows to 5 s.
package final class CanaryFollower: Sendable {
  package let target: CanaryTarget
  /// What the target has shown.
  package let record = WatchRecord()
  private let clock: AgeClock?
  private let agent: String
  private let trust: ServerTrust
  private let cancellation: ClientCancellation

  /// - Parameters:
  ///   - target: the stream.
  ///   - clock: from what ages are known; nil: from `prft`, and without it from
  ///     EXT-X-PROGRAM-DATE-TIME.
  ///   - agent: the value of `User-Agent`.
  ///   - trust: the certificates that the server may have.
  ///   - cancellation: ends the thread.
  package init(
    _ target: CanaryTarget, _ clock: AgeClock?, agent: String, _ trust: ServerTrust,
    _ cancellation: ClientCancellation
  ) {
    self.target = target
    self.clock = clock
    self.agent = agent
    self.trust = trust
    self.cancellation = cancellation
  }

  /// Starts the thread.
  ///
  /// - Returns: nil if the system refuses a thread.
  package func start() -> OSThread? {
    OSThread(name: "canary") { [self] in
      var pause = Interval.milliseconds(200)
      let origin = HTTPOrigin(agent: agent, trust, cancellation) { [self] url, outcome in
        // A report begins with the address of the target.
        record.fail(url == target.url ? outcome : "\(url): \(outcome)")
      }
      while !cancellation.isCancelled {
        let began = SystemClock.monotonicTime
        let failure = follow(origin)
        guard !cancellation.isCancelled else { return }
        if let failure { record.fail(failure) }
        let now = SystemClock.monotonicTime
        if now - began > .seconds(10) { pause = .milliseconds(200) }
        SystemClock.sleep(until: now + pause)
        pause = min(pause + pause, .seconds(5))
      }
    }
  }

  /// Follows the target until it ends or a request fails.
  ///
  /// - Returns: why it cannot be followed; nil for a failed request, which the record has.
  private func follow(_ origin: HTTPOrigin) -> String? {
    let meter = AgeMeter(clock, record)
    switch target.form {
    case .frames: return FrameStreamWatch(origin: origin, meter: meter).follow(target.url)
    case .parts, .segments:
      let validation = Validation(target.url, origin, seconds: .infinity, meter)
      if validation.hasEnded { return "the stream has ended" }
      return validation.failure == Validation.unknownDocument ? validation.failure : nil
    }
  }
}
