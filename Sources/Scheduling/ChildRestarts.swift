// SPDX-License-Identifier: Apache-2.0

package import Time

/// When the process of a source is started again, and when it is ended since it is silent: a pure
/// state machine.
///
/// A process that has ended is started again at once, so that the stream continues; its source is
/// opened by ``RetryPlan``. After several crashes within a minute the source is opened every half
/// minute.
package struct ChildRestarts: Sendable {
  /// What follows the end of a process.
  package struct Restart: Sendable, Equatable {
    /// When the next process is started.
    package let process: MonotonicTime
    /// When it opens the source.
    package let source: MonotonicTime
    /// Whether the source is opened seldom from now on.
    package let isFrequent: Bool
  }

  /// The time without a message after which a process hangs.
  package static let silenceLimit = Interval.seconds(2)
  /// The same for the first message, before which the executable is loaded.
  package static let startLimit = Interval.seconds(10)
  /// The number of crashes within ``window`` after which they are frequent.
  package static let frequentCrashes = 5
  /// The time over which crashes are counted.
  package static let window = Interval.seconds(60)
  /// The interval between attempts after frequent crashes.
  package static let frequentInterval = Interval.seconds(30)
  /// The shortest life of a process that is started again at once.
  private static let minimumLife = Interval.seconds(1)
  /// How long a process waits to be started again if its life was shorter: at first, and after
  /// frequent crashes.
  private static let pause = (first: Interval.milliseconds(500), frequent: Interval.seconds(5))

  private var retry: RetryPlan
  private var crashes: [MonotonicTime] = []
  private var started = MonotonicTime.origin
  private var heard: MonotonicTime?

  /// A supervision without a process.
  package init() { retry = RetryPlan(isListener: false) }

  /// Notes that a process was started.
  package mutating func started(at now: MonotonicTime) {
    started = now
    heard = nil
  }

  /// Notes that a message arrived.
  package mutating func heard(at now: MonotonicTime) { heard = now }

  /// When the process hangs if nothing arrives.
  package var deadline: MonotonicTime {
    heard.map { $0 + Self.silenceLimit } ?? started + Self.startLimit
  }

  /// Notes that the process has ended by itself, or was ended for a fault.
  package mutating func crashed(at now: MonotonicTime) -> Restart {
    let last = crashes.last
    crashes = (crashes + [now]).filter { now - $0 < Self.window }
      .suffix(Self.frequentCrashes)
    if last.map({ now - $0 >= Self.window }) ?? true { retry.succeeded() }
    let isFrequent = crashes.count >= Self.frequentCrashes
    let isShort = now - started < Self.minimumLife && last != nil
    return Restart(
      process: isShort ? now + (isFrequent ? Self.pause.frequent : Self.pause.first) : now,
      source: isFrequent ? now + Self.frequentInterval : retry.failed(at: now),
      isFrequent: isFrequent)
  }
}
